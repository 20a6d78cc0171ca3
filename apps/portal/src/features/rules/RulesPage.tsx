import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';

export const RulesPage = (): ReactElement => <Page title="RulesPage">Soon</Page>;
