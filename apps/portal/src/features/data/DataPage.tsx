import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';

export const DataPage = (): ReactElement => <Page title="DataPage">Soon</Page>;
