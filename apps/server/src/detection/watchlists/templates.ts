/** Lists that content of the community asks for, with Sentinel's columns: https://learn.microsoft.com/azure/sentinel/watchlist-schemas */
export interface WatchlistTemplate {
  readonly alias: string;
  readonly name: string;
  readonly description: string;
  readonly itemsSearchKey: string;
  readonly columns: string[];
}

const user = ['User Identifier', 'User AAD Object Id', 'User On-Prem Sid', 'User Principal Name'];

export const watchlistTemplates: readonly WatchlistTemplate[] = [
  {
    alias: 'HighValueAssets',
    name: 'High Value Assets',
    description: 'Devices, resources and other assets that matter most to the organisation',
    itemsSearchKey: 'Asset Id',
    columns: ['Asset Type', 'Asset Id', 'Asset Name', 'Asset FQDN', 'IP Address', 'Tags'],
  },
  {
    alias: 'IdentityCorrelation',
    name: 'Identity Correlation',
    description: 'Accounts that belong to one person',
    itemsSearchKey: 'User Principal Name',
    columns: [
      ...user,
      'Employee Id',
      'Email',
      'Associated Privileged Account ID',
      'Associated Privileged Account',
      'Tags',
    ],
  },
  {
    alias: 'NetworkAddresses',
    name: 'Network Addresses',
    description: 'Networks in CIDR notation, and what stands in each: query them with ipv4_lookup',
    itemsSearchKey: 'IP Subnet',
    columns: ['IP Subnet', 'Range Name', 'Tags'],
  },
  {
    alias: 'ServiceAccounts',
    name: 'Service Accounts',
    description: 'Accounts that programs use, and who answers for them',
    itemsSearchKey: 'Service Principal Name',
    columns: [
      'Service Identifier',
      'Service AAD Object Id',
      'Service On-Prem Sid',
      'Service Principal Name',
      'Owner User Identifier',
      'Owner User AAD Object Id',
      'Owner User On-Prem Sid',
      'Owner User Principal Name',
      'Tags',
    ],
  },
  {
    alias: 'TerminatedEmployees',
    name: 'Terminated Employees',
    description: 'People who have left, or are about to',
    itemsSearchKey: 'User Principal Name',
    columns: [...user, 'UserState', 'Notification date', 'Termination date', 'Tags'],
  },
  {
    alias: 'VIPUsers',
    name: 'VIP Users',
    description: 'People whose accounts would do most harm in the wrong hands',
    itemsSearchKey: 'User Principal Name',
    columns: [...user, 'Tags'],
  },
];
