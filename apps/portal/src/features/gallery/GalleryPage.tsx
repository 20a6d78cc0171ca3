import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';

export const GalleryPage = (): ReactElement => <Page title="GalleryPage">Soon</Page>;
