-- An incident's alerts in their order are read from the index alone: their rows lie all over the table.
CREATE INDEX alerts_of_incidents ON alerts (incident_number, start_time, id);
DROP INDEX alerts_by_incident;
-- Comments are few among what was done to an incident: each alert that joined it is a row.
CREATE INDEX incident_comments ON incident_activities (incident_number, id) WHERE kind = 'comment';
