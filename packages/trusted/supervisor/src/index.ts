export {
  type RestartPauses,
  type Settings,
  type Supervisor,
  type SupervisorOptions,
  type SupervisorReport,
  startSupervisor,
} from './supervisor.ts';
