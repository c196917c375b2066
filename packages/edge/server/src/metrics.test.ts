import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

/** The lines of one metric. */
async function linesOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

it('counts requests by route, status and code', async () => {
  const metrics = createMetrics(
    () => 0,
    () => true,
  );
  metrics.observe('/health', 200, 'ok', 0.001);
  metrics.observe('/health', 200, 'ok', 0.002);
  metrics.observe('other', 404, 'ERR_NOT_FOUND', 0.003);
  expect(await linesOf(metrics, 'countersign_requests_total')).toEqual([
    'countersign_requests_total{route="/health",status="200",code="ok"} 2',
    'countersign_requests_total{route="other",status="404",code="ERR_NOT_FOUND"} 1',
  ]);
});

it('measures time by route', async () => {
  const metrics = createMetrics(
    () => 0,
    () => true,
  );
  metrics.observe('/health', 200, 'ok', 0.0015);
  const buckets = await linesOf(metrics, 'countersign_request_seconds_bucket');
  expect(buckets).toContain('countersign_request_seconds_bucket{le="0.001",route="/health"} 0');
  expect(buckets).toContain('countersign_request_seconds_bucket{le="0.002",route="/health"} 1');
  expect(await linesOf(metrics, 'countersign_request_seconds_count')).toEqual([
    'countersign_request_seconds_count{route="/health"} 1',
  ]);
});

it('reads requests in flight and the signer when it is asked', async () => {
  let requests = 3;
  let up = true;
  const metrics = createMetrics(
    () => requests,
    () => up,
  );
  const read = async (): Promise<string[]> => [
    ...(await linesOf(metrics, 'countersign_requests_in_flight')),
    ...(await linesOf(metrics, 'countersign_signer_up')),
  ];
  expect(await read()).toEqual(['countersign_requests_in_flight 3', 'countersign_signer_up 1']);
  [requests, up] = [0, false];
  expect(await read()).toEqual(['countersign_requests_in_flight 0', 'countersign_signer_up 0']);
});

it('keeps the numbers of two servers apart', async () => {
  const [one, two] = [1, 2].map(() =>
    createMetrics(
      () => 0,
      () => true,
    ),
  );
  one?.observe('/health', 200, 'ok', 0.001);
  expect(two && (await linesOf(two, 'countersign_requests_total'))).toEqual([]);
});

it('is Prometheus text, the process included', async () => {
  const metrics = createMetrics(
    () => 0,
    () => true,
  );
  expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await linesOf(metrics, 'countersign_edge_process_resident_memory_bytes')).toHaveLength(1);
});
