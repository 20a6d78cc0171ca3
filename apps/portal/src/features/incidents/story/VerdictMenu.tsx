import {
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components';
import { RemediationStatus, Verdict, type Evidence } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { RefusableButton, useRefusal } from '../../../shared/Refusable.tsx';
import { words } from '../../../shared/text.ts';
import { useSetVerdict } from '../queries.ts';
import { verdictNames } from './StateMark.tsx';

/** What a person may say was done by hand. Others of Graph's states are what actions bring about. */
const byHand: readonly RemediationStatus[] = ['none', 'remediated', 'blocked', 'prevented', 'notFound'];

/** Sets the verdict of a piece of evidence, and what was done about it. */
export function VerdictMenu({ number, evidence }: { number: number; evidence: Evidence }): ReactElement {
  const why = useRefusal('setEvidenceVerdict');
  const set = useSetVerdict(number);
  return (
    <Menu
      positioning="below-end"
      checkedValues={{ verdict: [evidence.verdict], remediation: [evidence.remediation] }}
      onCheckedValueChange={(_, { name, checkedItems: [value] }) => {
        const verdict = Verdict.safeParse(value);
        const remediation = RemediationStatus.safeParse(value);
        if (name === 'verdict' && verdict.success)
          set.mutate({
            id: evidence.entity.id,
            change: { verdict: verdict.data },
            back: { verdict: evidence.verdict },
          });
        else if (name === 'remediation' && remediation.success)
          set.mutate({
            id: evidence.entity.id,
            change: { remediation: remediation.data },
            back: { remediation: evidence.remediation },
          });
      }}
    >
      <MenuTrigger disableButtonEnhancement>
        <RefusableButton why={why} size="small" onClick={(event) => event.stopPropagation()}>
          Set verdict
        </RefusableButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroup>
            <MenuGroupHeader>Verdict</MenuGroupHeader>
            {Verdict.options.map((verdict) => (
              <MenuItemRadio key={verdict} name="verdict" value={verdict}>
                {verdictNames[verdict]}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>What was done about it</MenuGroupHeader>
            {byHand.map((status) => (
              <MenuItemRadio key={status} name="remediation" value={status}>
                {status === 'none' ? 'Nothing' : words(status)}
              </MenuItemRadio>
            ))}
          </MenuGroup>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
