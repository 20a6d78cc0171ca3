import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';

export const SettingsPage = (): ReactElement => <Page title="SettingsPage">Soon</Page>;
