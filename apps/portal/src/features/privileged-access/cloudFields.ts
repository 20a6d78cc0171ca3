import type { CloudProvider } from '@sallyport/contracts';

export interface SettingField {
  readonly key: string;
  readonly label: string;
  readonly hint?: string;
  readonly initial?: string;
}
/** What a connection of each cloud is asked for. */
export const fieldsOf: Readonly<Record<CloudProvider, readonly SettingField[]>> = {
  azure: [
    { key: 'tenantId', label: 'Directory (tenant) id' },
    { key: 'clientId', label: 'Application (client) id' },
    { key: 'authorityUrl', label: 'Authority', initial: 'https://login.microsoftonline.com' },
    { key: 'resourceManagerUrl', label: 'Resource Manager', initial: 'https://management.azure.com' },
  ],
};
