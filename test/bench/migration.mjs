// The row `migration` of `npm run bench`: the booted Debian guest moved between two processes over loopback, saved to a file
// and restored from it, ours and QEMU's in turn. QEMU's bandwidth limit is lifted; its downtime limit stays as it is (300 ms).
import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT = 120_000;
const UNLIMITED = 10 ** 12;

/** A process with what it has printed; `line` waits for a match, `close` for its end. */
class Child {
  text = '';
  #wake = () => {};
  #ended = false;

  constructor(command, args) {
    this.begun = performance.now();
    this.process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (d) => {
        this.text += d.toString('latin1');
        this.#wake();
      });
    }
    for (const event of ['error', 'close']) {
      this.process.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  async #until(look, what) {
    const end = performance.now() + LIMIT;
    for (;;) {
      const found = look();
      if (found) return found;
      if (this.#ended || performance.now() > end) throw new Error(`no ${what}: ${this.text.slice(-500)}`);
      await Promise.race([new Promise((resolve) => (this.#wake = resolve)), sleep(1000, null, { ref: false })]);
    }
  }

  line(pattern) {
    return this.#until(() => pattern.exec(this.text), pattern);
  }

  close() {
    return this.#until(() => this.#ended, 'end');
  }

  kill() {
    this.process.kill('SIGKILL');
  }
}

/** QEMU's control socket: commands one after another, and events as they come. */
class Qmp {
  #socket;
  #lines = [];
  #wake = () => {};

  static async open(path) {
    for (let n = 0; ; n++) {
      try {
        const socket = createConnection(path);
        await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
        const qmp = new Qmp(socket);
        await qmp.next((m) => m.QMP);
        await qmp.ask('qmp_capabilities');
        return qmp;
      } catch (error) {
        if (n === 1000) throw error;
        await sleep(5);
      }
    }
  }

  constructor(socket) {
    this.#socket = socket;
    let rest = '';
    socket.on('error', () => {});
    socket.on('data', (d) => {
      const lines = (rest + d).split('\n');
      rest = lines.pop();
      this.#lines.push(...lines.filter((line) => line.trim()).map((line) => JSON.parse(line)));
      this.#wake();
    });
  }

  /** The first message, of those that have come or will, that is what is looked for. */
  async next(wanted) {
    const end = performance.now() + LIMIT;
    while (performance.now() < end) {
      const at = this.#lines.findIndex(wanted);
      if (at >= 0) return this.#lines.splice(at, 1)[0];
      await Promise.race([new Promise((resolve) => (this.#wake = resolve)), sleep(1000, null, { ref: false })]);
    }
    throw new Error('QEMU does not answer');
  }

  async ask(command, args = {}) {
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    const answer = await this.next((m) => m.return || m.error);
    if (answer.error) throw new Error(`${command}: ${answer.error.desc}`);
    return answer.return;
  }

  async migrate(uri) {
    await this.ask('migrate-set-parameters', { 'max-bandwidth': UNLIMITED });
    await this.ask('migrate', { uri });
    for (;;) {
      const state = await this.ask('query-migrate');
      if (state.status === 'completed') return state;
      if (state.status === 'failed' || state.status === 'cancelled') throw new Error(`migrate: ${state.status}`);
      await sleep(10);
    }
  }
}

/** @param work told how to start processes, all of which end with it */
async function withChildren(work) {
  const children = [];
  try {
    return await work((command, args) => {
      children.push(new Child(command, args));
      return children.at(-1);
    });
  } finally {
    for (const child of children) child.kill();
  }
}

function oursRows({ main, guest, memory, marker, scratch }) {
  const run = [main, 'run', guest.kernel, '--initrd', guest.initrd, '--append', guest.append, '--memory', `${memory}M`];
  const [json, file] = [join(scratch, 'moved.json'), join(scratch, 'guest.snapshot')];
  const node = process.execPath;
  return {
    move: () =>
      withChildren(async (start) => {
        const receiver = start(node, [main, 'receive', '--listen', 'tcp:127.0.0.1:0', '--timeout', '600']);
        const [, to] = await receiver.line(/waiting for a guest on (tcp:\S+:\d+)/);
        const order = `console=/${marker}/ to ${to}`;
        const source = start(node, [...run, '--timeout', '600', '--migrate', order, '--json', json]);
        await receiver.line(/the guest runs here/);
        await source.close();
        const [{ outcome, reason, totalMs, downtimeMs, bytes }] = JSON.parse(readFileSync(json, 'utf8')).departures;
        if (outcome !== 'gone') throw new Error(reason);
        return { totalMs, downtimeMs, bytes };
      }),
    file: () =>
      withChildren(async (start) => {
        const saving = start(node, [...run, '--until', `console=/${marker}/`, '--save', file, '--json', json]);
        await saving.close();
        const { saveMs } = JSON.parse(readFileSync(json, 'utf8'));
        await start(node, [main, 'restore', file, '--until', 'insn=1', '--json', json]).close();
        const { startMs } = JSON.parse(readFileSync(json, 'utf8'));
        return { saveMs, bytes: statSync(file).size, restoreMs: startMs.process, readMs: startMs.restore };
      }),
  };
}

function qemuRows({ qemu, machine, guest, memory, marker, scratch }) {
  const args = [...machine, '-nic', 'none', '-m', `${memory}`, '-kernel', guest.kernel, '-initrd', guest.initrd];
  args.push('-append', guest.append);
  const file = join(scratch, 'guest.qemu');
  const socket = (name) => join(scratch, `${name}.qmp`);
  const withQmp = (name) => ['-qmp', `unix:${socket(name)},server=on,wait=off`];
  const booted = async (start) => {
    const source = start(qemu, [...args, ...withQmp('source')]);
    await source.line(new RegExp(marker));
    return Qmp.open(socket('source'));
  };
  return {
    move: () =>
      withChildren(async (start) => {
        start(qemu, [...args, ...withQmp('target'), '-incoming', 'defer']);
        const target = await Qmp.open(socket('target'));
        await target.ask('migrate-incoming', { uri: 'tcp:127.0.0.1:0' });
        const [{ port }] = (await target.ask('query-migrate'))['socket-address'];
        const source = await booted(start);
        const state = await source.migrate(`tcp:127.0.0.1:${port}`);
        await target.next((m) => m.event === 'RESUME');
        return { totalMs: state['total-time'], downtimeMs: state.downtime, bytes: state.ram.transferred };
      }),
    file: () =>
      withChildren(async (start) => {
        const source = await booted(start);
        await source.ask('stop');
        const { 'total-time': saveMs } = await source.migrate(`exec:cat > ${file}`);
        const target = start(qemu, [...args, ...withQmp('target'), '-incoming', `exec:cat ${file}`]);
        const qmp = await Qmp.open(socket('target'));
        // The guest was stopped when it was saved, so it stays so until it is told to go on.
        for (let state; state !== 'paused'; ) {
          const now = await qmp.ask('query-status');
          state = now.status;
          if (state !== 'paused') await sleep(1);
        }
        await qmp.ask('cont');
        const restoreMs = performance.now() - target.begun;
        return { saveMs, bytes: statSync(file).size, restoreMs, readMs: null };
      }),
  };
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const medians = (list) =>
  Object.fromEntries(
    Object.keys(list[0]).map((key) => [key, list[0][key] === null ? null : median(list.map((one) => one[key]))]),
  );

/**
 * Moves, saves and restores the guest `runs` times on each side, alternating; prints medians.
 * @returns the medians and every measurement
 */
export async function migration(options) {
  const sides = { ours: oursRows(options), ...(options.qemu && { qemu: qemuRows(options) }) };
  const all = {};
  for (let n = 0; n < options.runs; n++) {
    for (const what of ['move', 'file']) {
      for (const [side, rows] of Object.entries(sides)) {
        all[what] ??= {};
        all[what][side] ??= [];
        all[what][side].push(await rows[what]());
      }
    }
  }
  const result = { name: 'migration', all };
  for (const what of ['move', 'file']) {
    result[what] = Object.fromEntries(Object.entries(all[what]).map(([side, list]) => [side, medians(list)]));
  }
  report(result);
  return result;
}

const ms = (value) => (value === undefined ? '-' : `${value.toFixed(value < 10 ? 1 : 0)} ms`);
const mib = (value) => (value === undefined ? '-' : `${(value / 2 ** 20).toFixed(1)} MiB`);

function report({ move, file }) {
  const say = (what, mine, theirs, show, target = '') => {
    const ratio = theirs === undefined ? '   -' : (mine / theirs).toFixed(2);
    console.log(
      `  migration  ${what.padEnd(38)} ours ${show(mine).padStart(9)}   QEMU ${show(theirs).padStart(9)}   ours/QEMU ${ratio}${target}`,
    );
  };
  const verdict = (text, met) => `  target ${text}: ${met ? 'met' : 'missed'}`;
  const total = move.qemu && verdict('1.5', move.ours.totalMs <= 1.5 * move.qemu.totalMs);
  say('live over loopback, total', move.ours.totalMs, move.qemu?.totalMs, ms, total);
  const down = verdict('< 10 ms', move.ours.downtimeMs < 10);
  say('live over loopback, downtime', move.ours.downtimeMs, move.qemu?.downtimeMs, ms, down);
  say('live over loopback, bytes', move.ours.bytes, move.qemu?.bytes, mib);
  say('save to a file', file.ours.saveMs, file.qemu?.saveMs, ms);
  say('file, bytes', file.ours.bytes, file.qemu?.bytes, mib);
  const restore = verdict('< 100 ms', file.ours.restoreMs < 100);
  say('process start to first instruction', file.ours.restoreMs, file.qemu?.restoreMs, ms, restore);
  console.log(`  migration  of which from opening the file on: ${ms(file.ours.readMs)}`);
}
