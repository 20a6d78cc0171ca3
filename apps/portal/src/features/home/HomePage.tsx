import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';

export const HomePage = (): ReactElement => <Page title="HomePage">Soon</Page>;
