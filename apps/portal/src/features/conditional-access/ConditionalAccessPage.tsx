import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Page } from '../../shared/Page.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { ContextsTab } from './ContextsTab.tsx';
import { CoverageTab } from './CoverageTab.tsx';
import { EmergencyTab } from './EmergencyTab.tsx';
import type { AccessTab } from './index.ts';
import { LocationsTab } from './LocationsTab.tsx';
import { PoliciesTab, type TabProps } from './PoliciesTab.tsx';
import { StrengthsTab } from './StrengthsTab.tsx';
import { TermsTab } from './TermsTab.tsx';
import { WhatIfTab } from './WhatIfTab.tsx';

const route = getRouteApi('/frame/conditional-access');

const tabs: readonly { readonly id: AccessTab; readonly label: string }[] = [
  { id: 'policies', label: 'Policies' },
  { id: 'what-if', label: 'What If' },
  { id: 'coverage', label: 'Coverage' },
  { id: 'locations', label: 'Named locations' },
  { id: 'strengths', label: 'Authentication strengths' },
  { id: 'contexts', label: 'Authentication contexts' },
  { id: 'terms', label: 'Terms of use' },
  { id: 'emergency', label: 'Emergency accounts' },
];

/** Who may reach what, on which conditions. */
export function ConditionalAccessPage(): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tab = search.tab ?? 'policies';
  const props: TabProps = {
    search,
    set: (change, replace = false) => void navigate({ search: (before) => ({ ...before, ...change }), replace }),
  };
  return (
    <Page title="Conditional Access" scroll={tab === 'emergency'}>
      <Tabs tabs={tabs} value={tab} onChange={(next) => void navigate({ search: { tab: next } })} />
      {tab === 'policies' && <PoliciesTab {...props} />}
      {tab === 'what-if' && <WhatIfTab {...props} />}
      {tab === 'coverage' && <CoverageTab {...props} />}
      {tab === 'locations' && <LocationsTab {...props} />}
      {tab === 'strengths' && <StrengthsTab {...props} />}
      {tab === 'contexts' && <ContextsTab {...props} />}
      {tab === 'terms' && <TermsTab {...props} />}
      {tab === 'emergency' && <EmergencyTab />}
    </Page>
  );
}
