export { SetupPage } from './SetupPage.tsx';
export { Enrol } from './Enrol.tsx';
