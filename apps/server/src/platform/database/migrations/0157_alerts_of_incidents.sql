-- An incident's alerts in their order are read from the index alone: their rows lie all over the table.
CREATE INDEX alerts_of_incidents ON alerts (incident_number, start_time, id);
DROP INDEX alerts_by_incident;
