import type { User } from '@parley/client';
import { useState } from 'react';
import { Button } from '../components/button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { text } from '../text.ts';
import { PeoplePicker } from './people-picker.tsx';

interface AddPeopleDialogProps {
  /** Ids of who is a member already. */
  present: readonly string[];
  onAdd(people: readonly User[]): void;
  onClose(): void;
}

export function AddPeopleDialog({ present, onAdd, onClose }: AddPeopleDialogProps) {
  const [people, setPeople] = useState<readonly User[]>([]);
  return (
    <Dialog title={text.members.add} onClose={onClose}>
      <div className="flex min-h-0 flex-1 flex-col gap-4 px-5 pb-5">
        <PeoplePicker chosen={people} onChange={setPeople} exclude={present} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{text.start.cancel}</Button>
          <Button kind="primary" disabled={people.length === 0} onClick={() => onAdd(people)}>
            {text.members.done}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
