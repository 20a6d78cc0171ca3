export { InteractionPage, SamlInteractionPage } from './InteractionPage.tsx';
