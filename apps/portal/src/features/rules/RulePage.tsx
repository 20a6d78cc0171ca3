import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';

export const RulePage = (): ReactElement => <Page title="RulePage">Soon</Page>;
