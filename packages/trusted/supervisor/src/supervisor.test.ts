import { afterEach, describe, expect, it, vi } from 'vitest';
import { SECRETS } from '../test/settings.ts';
import { FOR_EVER, isAlive, supervise, until } from '../test/supervised.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('a start', () => {
  it('is ready with the rows of the edge when both children are in force', async () => {
    const { supervisor, rows } = supervise();
    const ready = await supervisor.ready;
    expect(ready).toMatchObject({ address: 'http://edge.example', pipes: '1' });
    expect(rows.signer).toHaveLength(1);
    const { edge, signer } = supervisor.pids;
    expect([edge, signer]).toEqual([Number(ready.pid), Number(rows.signer[0]?.pid)]);
    expect(edge).not.toBe(signer);
  });

  it('puts no secret into arguments and variables, and gives no right beyond the needed', async () => {
    const { supervisor, rows, dataDir } = supervise();
    const edge = await supervisor.ready;
    const [signer] = rows.signer;
    for (const child of [edge, signer]) {
      const seen = `${child?.arguments} ${child?.variables}`;
      expect(seen).toContain('--permission');
      for (const secret of Object.values(SECRETS)) expect(seen).not.toContain(secret);
    }
    expect(edge.rights).toBe('net');
    expect(signer).toMatchObject({ cwd: dataDir, rights: '', writesItsDirectory: 'true' });
  });

  it('passes warnings on under the name of the child', async () => {
    const { supervisor, warnings } = supervise({ edge: 'warns' });
    await supervisor.ready;
    expect(warnings).toEqual(['edge: the sun is low']);
  });
});

describe('a start that fails', () => {
  it('ends when the signer ends before it worked', async () => {
    const { supervisor } = supervise({ signer: 'ends' });
    await expect(supervisor.ready).rejects.toMatchObject({
      code: 'ERR_SIGNER_UNAVAILABLE',
      details: { reason: 'status 3' },
    });
    expect(await supervisor.ended).toBe(1);
    expect(isAlive(supervisor.pids.edge ?? 0)).toBe(false);
  });

  it('says what the signer says, with the next step it names', async () => {
    const { supervisor, warnings } = supervise({ signer: 'fails' });
    await expect(supervisor.ready).rejects.toMatchObject({ code: 'ERR_KEYSTORE_LOCKED' });
    expect(await supervisor.ended).toBe(1);
    expect(warnings).toEqual([
      'signer: the keystore did not open with this passphrase (ERR_KEYSTORE_LOCKED; field: "part"); choose another part',
    ]);
  });

  it('says what the edge says, and ends the signer', async () => {
    const { supervisor, warnings } = supervise({ edge: 'fails' });
    await expect(supervisor.ready).rejects.toMatchObject({ code: 'ERR_LISTEN_FAILED' });
    expect(await supervisor.ended).toBe(1);
    expect(warnings[0]).toBe(
      'edge: the address cannot be listened on (ERR_LISTEN_FAILED; host: "127.0.0.1", reason: "EADDRINUSE"); choose another port or stop the other process',
    );
    expect(isAlive(supervisor.pids.signer ?? 0)).toBe(false);
  });

  it('waits for a signer that stays silent, until it is stopped', async () => {
    const { supervisor, rows } = supervise({ signer: 'silent' });
    let ready = false;
    void supervisor.ready.then(() => {
      ready = true;
    });
    await until(() => rows.edge.length > 0);
    expect(ready).toBe(false);
    supervisor.stop();
    expect(await supervisor.ended).toBe(0);
    expect(ready).toBe(false);
  });
});

describe('a signer that dies', () => {
  it('is replaced, and the edge gets a new pipe', async () => {
    const { supervisor, rows, warnings } = supervise();
    await supervisor.ready;
    const first = supervisor.pids;
    process.kill(first.signer ?? 0, 'SIGKILL');
    await until(() => rows.signer.length === 2 && rows.edge.at(-1)?.pipes === '2');
    expect(warnings).toEqual(['signer ended (SIGKILL); starting another in 1 ms']);
    expect(supervisor.pids.edge).toBe(first.edge);
    expect(supervisor.pids.signer).toBe(Number(rows.signer[1]?.pid));
    expect(supervisor.pids.signer).not.toBe(first.signer);
  });

  it('is replaced after longer and longer pauses, up to the longest', async () => {
    const { supervisor, rows, warnings } = supervise();
    await supervisor.ready;
    for (let deaths = 1; deaths <= 4; deaths++) {
      process.kill(supervisor.pids.signer ?? 0, 'SIGKILL');
      await until(() => rows.signer.length === deaths + 1);
    }
    expect(warnings.map((text) => /in ([0-9]+) ms/.exec(text)?.[1])).toEqual(['1', '2', '4', '4']);
  });

  it('is not replaced when the order to stop comes during the pause', async () => {
    const { supervisor, warnings } = supervise({}, FOR_EVER);
    await supervisor.ready;
    const { signer } = supervisor.pids;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    process.kill(signer ?? 0, 'SIGKILL');
    await until(() => warnings.length > 0);
    supervisor.stop();
    expect(await supervisor.ended).toBe(0);
    vi.advanceTimersByTime(FOR_EVER.longestMs);
    expect(supervisor.pids.signer).toBe(signer);
  });

  it('leaves nobody behind when the edge dies during the pause', async () => {
    const { supervisor, rows, warnings } = supervise({}, FOR_EVER);
    await supervisor.ready;
    process.kill(supervisor.pids.signer ?? 0, 'SIGKILL');
    await until(() => warnings.length > 0);
    process.kill(supervisor.pids.edge ?? 0, 'SIGKILL');
    expect(await supervisor.ended).toBe(1);
    expect(rows.signer).toHaveLength(1);
  });
});

describe('a reload', () => {
  it('reaches both children', async () => {
    const { supervisor, rows, settings } = supervise();
    await supervisor.ready;
    supervisor.reload(settings({}));
    await until(() => rows.signer.length === 2 && rows.edge.at(-1)?.timesConfigured === '2');
    expect(rows.signer[1]?.pid).toBe(rows.signer[0]?.pid);
  });

  it('that the signer refuses is reported, and everything goes on', async () => {
    const { supervisor, rows, warnings, settings } = supervise();
    await supervisor.ready;
    supervisor.reload(settings({ signer: 'refuses' }));
    await until(() => warnings.length > 0);
    expect(warnings).toEqual([
      'signer: the new settings were refused and the old ones stay: ERR_KEYSTORE_LOCKED; field: "part"',
    ]);
    expect(rows.signer).toHaveLength(1);
    expect(isAlive(supervisor.pids.signer ?? 0)).toBe(true);
  });

  it('that the signer refused does not start the next signer', async () => {
    const { supervisor, rows, warnings, settings } = supervise();
    await supervisor.ready;
    supervisor.reload(settings({ signer: 'refuses' }));
    await until(() => warnings.length === 1);
    process.kill(supervisor.pids.signer ?? 0, 'SIGKILL');
    await until(() => rows.signer.length === 2);
    expect(rows.signer[1]?.part).toBe('works');
    expect(warnings).toHaveLength(2);
  });

  it('that the signer accepted starts the next signer', async () => {
    const { supervisor, rows, settings } = supervise();
    await supervisor.ready;
    supervisor.reload(settings({ signer: 'stubborn' }));
    await until(() => rows.signer.length === 2);
    process.kill(supervisor.pids.signer ?? 0, 'SIGKILL');
    await until(() => rows.signer.length === 3);
    expect(rows.signer.map((row) => row.part)).toEqual(['works', 'stubborn', 'stubborn']);
    process.kill(supervisor.pids.signer ?? 0, 'SIGKILL');
  });

  it('during a pause reaches the next signer', async () => {
    const { supervisor, rows, warnings, settings } = supervise({}, { firstMs: 50, longestMs: 50 });
    await supervisor.ready;
    process.kill(supervisor.pids.signer ?? 0, 'SIGKILL');
    await until(() => warnings.length === 1);
    supervisor.reload(settings({ signer: 'refuses' }));
    await until(() => warnings.length === 2);
    expect(rows.signer.map((row) => row.part)).toEqual(['works', 'works']);
    expect(warnings[1]).toContain('the old ones stay');
  });
});

describe('the end', () => {
  it('comes with status 0 and without children when it was ordered', async () => {
    const { supervisor, warnings } = supervise();
    await supervisor.ready;
    const { edge = 0, signer = 0 } = supervisor.pids;
    supervisor.stop();
    supervisor.stop();
    expect(await supervisor.ended).toBe(0);
    expect([isAlive(edge), isAlive(signer)]).toEqual([false, false]);
    expect(warnings).toEqual([]);
  });

  it('waits for an edge that drains, also when the signer is gone', async () => {
    const { supervisor } = supervise({ edge: 'stubborn' });
    await supervisor.ready;
    const { edge = 0, signer = 0 } = supervisor.pids;
    const edgeAtTheEnd = supervisor.ended.then(() => isAlive(edge));
    supervisor.stop();
    process.kill(signer, 'SIGKILL');
    await until(() => !isAlive(signer));
    process.kill(edge, 'SIGKILL');
    expect(await edgeAtTheEnd).toBe(false);
  });

  it('comes with status 1 when the edge dies, and takes the signer along', async () => {
    const { supervisor, warnings } = supervise();
    await supervisor.ready;
    const { edge = 0, signer = 0 } = supervisor.pids;
    process.kill(edge, 'SIGKILL');
    expect(await supervisor.ended).toBe(1);
    expect(warnings).toEqual(['edge ended (SIGKILL); stopping the signer']);
    expect(isAlive(signer)).toBe(false);
  });

  it('comes for children that do not stop', async () => {
    const { supervisor } = supervise({ signer: 'stubborn', edge: 'stubborn' });
    await supervisor.ready;
    const { edge = 0, signer = 0 } = supervisor.pids;
    supervisor.stop();
    expect(await supervisor.ended).toBe(0);
    expect([isAlive(edge), isAlive(signer)]).toEqual([false, false]);
  });
});
