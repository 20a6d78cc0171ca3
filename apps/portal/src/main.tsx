import { Toaster } from '@fluentui/react-components';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './app/global.css';
import { createPortalRouter } from './app/router.tsx';
import { Theme } from './app/theme.tsx';
import { createQueryClient } from './shared/api.ts';
import { TOASTER } from './shared/toast.tsx';

const queries = createQueryClient(() => {
  // A session that ended while a page was open: the frame asks anew who is signed in, and leads to sign-in and back.
  queries.removeQueries({ queryKey: ['me'] });
  void router.invalidate();
});
const router = createPortalRouter(queries);

createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <Theme>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Toaster toasterId={TOASTER} position="bottom-end" pauseOnHover limit={3} />
      </QueryClientProvider>
    </Theme>
  </StrictMode>,
);
