/**
 * Program: a supervisor with the entries it is told to use, run by `supervised.ts`.
 *
 * A process of its own, because what it starts prints to its standard output, and because a test must be
 * able to kill it.
 *
 * @module
 */

import { type Supervisor, startSupervisor } from '@countersign/supervisor';
import type { SupervisorCommand, SupervisorEvent } from './supervisor-messages.ts';

let supervisor: Supervisor | undefined;

// Nobody is left to stop this: the children end with it.
process.on('disconnect', () => process.exit());
process.on('message', (message) => obey(message as SupervisorCommand));

function obey(command: SupervisorCommand): void {
  if (command.op === 'start') supervisor ??= start(command);
  else if (command.op === 'reload') supervisor?.reload(command.settings);
  else if (command.op === 'signal') signal(command);
  else supervisor?.stop();
}

function start({
  settings,
  entries,
  restart,
}: Extract<SupervisorCommand, { op: 'start' }>): Supervisor {
  const started = startSupervisor({
    settings,
    entries,
    restart,
    report: {
      inForce: (name) => tell({ event: 'in-force', name, pids: supervisor?.pids ?? {} }),
      warning: (text) => tell({ event: 'warning', text }),
    },
  });
  started.ready.then(
    ({ address = '' }) => tell({ event: 'ready', url: address, pids: started.pids }),
    (error: unknown) =>
      tell({ event: 'failed', code: error instanceof Error && 'code' in error ? error.code : '' }),
  );
  void started.ended.then((status) => {
    process.exitCode = status;
    process.disconnect?.();
  });
  return started;
}

function signal({ child, name }: Extract<SupervisorCommand, { op: 'signal' }>): void {
  const pid = supervisor?.pids[child];
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}

function tell(event: SupervisorEvent): void {
  process.send?.(event);
}
