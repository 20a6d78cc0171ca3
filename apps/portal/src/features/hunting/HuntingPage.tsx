import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';

export const HuntingPage = (): ReactElement => <Page title="HuntingPage">Soon</Page>;
