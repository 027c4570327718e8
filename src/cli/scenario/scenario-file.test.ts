import { describe, expect, it } from 'vitest';
import type { RunPlan } from '../../verify/scenario/index.js';
import { readScenario } from './text.js';

const HEAD = 'name: n\nimage: i.elf\n';

function runs(text: string): readonly RunPlan[] {
  const parsed = parse(text);
  if (!('runs' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  return parsed.runs;
}

const parse = (text: string) => readScenario(text, 'f.yaml');

/** 'line: text' of every problem. */
function problems(text: string): string[] {
  const parsed = parse(text);
  return 'problems' in parsed ? parsed.problems.map((p) => `${p.line}: ${p.text}`) : [];
}

describe('a scenario', () => {
  it('is what the file says, and as `run` has it where it says nothing', () => {
    const [run] = runs(HEAD);
    expect(run).toMatchObject({ title: 'n', fault: null, caseId: null, limitMs: 60_000, events: [] });
    expect(run!.machine).toMatchObject({ ips: 1e9, quantum: 10_000_000n, seed: 1, engine: 'interp', steal: [] });
    expect(run!.machine.config).toMatchObject({ cpu: 'cortex-a57', vcpus: 1, ramBytes: 2 ** 29, lpt: false });
    expect(run!.expect).toMatchObject({ status: 'well', fails: [], tap: true });
    const [full] = runs(`${HEAD}cpu: neoverse-n1\nsmp: 2\nmemory: 64M\nhost: 25MHz\nappend: 5\ncase: T3\nlimit: 2s
strategy: lpt\npause: 1ms\nsteal: ["vcpu=0 every=10ms for=3ms"]
events:
  - { at: "console=/READY/", migrate: 1GHz }
  - { at: "t=1s", migrate: { to: 50MHz, strategy: offset, pause: 2ms }, type: "x\\n" }
  - { at: insn=1e6, save-restore: true }
  - { at: t=3s, stop: true }
`);
    expect(full).toMatchObject({ caseId: 'T3', limitMs: 2000, images: { image: 'i.elf', append: '5' } });
    expect(full!.machine.config).toMatchObject({ cpu: 'neoverse-n1', vcpus: 2, ramBytes: 2 ** 26, lpt: true });
    expect(full!.machine.spec.freqHz).toBe(25_000_000);
    expect(full!.machine.steal).toHaveLength(1);
    expect(full!.events.map((e) => [e.line, ...e.actions.map((a) => a.kind)])).toEqual([
      [14, 'migrate'],
      [15, 'migrate', 'type'],
      [16, 'save-restore'],
      [17, 'stop'],
    ]);
    expect(full!.events[0]!.actions[0]).toMatchObject({ strategy: 'lpt', pause: 1_000_000_000n });
    expect(full!.events[1]!.actions).toMatchObject([{ strategy: 'offset', pause: 2_000_000_000n }, { text: 'x\n' }]);
  });

  it('is one run for each combination and each fault', () => {
    const list = runs(`${HEAD}matrix: { strategy: [offset, lpt], smp: [1, 2] }
expect: { code: 3 }
where:
  - { strategy: lpt, expect: { fails: [a-b] } }
  - { strategy: [offset, lpt], smp: 2, expect: { code: 0 } }
faults: [{ name: cntvoff-replayed, expect: { fails: [{ x: { value: 40, within: 1e-6 } }] } }]
`);
    expect(list.map((r) => r.title)).toEqual([
      'n [strategy=offset, smp=1]',
      'n [strategy=offset, smp=1] fault cntvoff-replayed',
      'n [strategy=offset, smp=2]',
      'n [strategy=offset, smp=2] fault cntvoff-replayed',
      'n [strategy=lpt, smp=1]',
      'n [strategy=lpt, smp=1] fault cntvoff-replayed',
      'n [strategy=lpt, smp=2]',
      'n [strategy=lpt, smp=2] fault cntvoff-replayed',
    ]);
    expect(list.map((r) => [r.expect.code, r.expect.fails.map((f) => f.name).join()])).toEqual([
      [3, ''],
      [null, 'x'],
      [0, ''],
      [null, 'x'],
      [3, 'a-b'],
      [null, 'x'],
      [0, 'a-b'],
      [null, 'x'],
    ]);
    expect(list[1]!.expect.fails).toEqual([{ name: 'x', value: 40, within: 1e-6 }]);
    expect(list.map((r) => r.machine.config.vcpus)).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
    expect(list.map((r) => r.machine.config.lpt)).toEqual([false, false, false, false, true, true, true, true]);
  });
});

describe('a mistake', () => {
  it.each<[string, string[]]>([
    ['', ['1: not a scenario: a table of keys is wanted, with name and image']],
    ['name: n\n', ['1: no image; say image: a file relative to this one, or debian-cloud']],
    [`${HEAD}smp: 9\n`, ['3: smp 9: a whole number from 1 to 8']],
    [`${HEAD}smp: 1e999\n`, ['3: smp 1e999: a whole number from 1 to 8']],
    [`${HEAD}memory: 5M\n`, ['3: memory 5242880: a multiple of 2M from 2M to 3072M']],
    [`${HEAD}host: 25\n`, ['3: host 25: no unit; say 25MHz, 25000000Hz or a name from `chronovisor inspect hosts`']],
    [`${HEAD}colour: red\n`, [expect.stringMatching(/^3: unknown key colour; keys are .*image/)]],
    [`${HEAD}smp: 1\nsmp: 2\n`, ['4: smp is given twice']],
    [`${HEAD}events:\n  - migrate: 1GHz\n`, [expect.stringMatching(/^4: events\[0\]: no instant; add at:/)]],
    [`${HEAD}events:\n  - at: t=1\n    stop: true\n`, [expect.stringMatching(/^4: events\[0\].at t=1 1: no unit/)]],
    [`${HEAD}events: [{ at: t=1s }]\n`, [expect.stringMatching(/^3: events\[0\]: nothing to do/)]],
    [
      `${HEAD}events:\n- { at: t=1s, stop: true }\n- { at: t=2s, stop: true }\n`,
      ['5: events: this one is behind a stop and never happens; take one of them out'],
    ],
    [`${HEAD}events: [{ at: t=1s, migrate: true }]\n`, [expect.stringMatching(/^3: events\[0\].migrate: no dest/)]],
    [`${HEAD}expect: { console: [ok] }\n`, ['3: expect.console ok: no pattern between slashes; say "/ok 3/"']],
    [`${HEAD}expect: { console: ["/(/"] }\n`, [expect.stringMatching(/^3: expect.console \/\(\/: Invalid regular/)]],
    [`${HEAD}expect:\n  status: stopped\n  code: 2\n`, [expect.stringMatching(/^4: expect.code: only status exit/)]],
    [
      `${HEAD}expect: { fails: [Timer Early] }\n`,
      [expect.stringMatching(/^3: expect.fails Timer Early: not a verdict/)],
    ],
    [`${HEAD}expect:\n`, ['3: expect: nothing; give a table of keys']],
    [`${HEAD}faults: [{ name: cntvoff-replayed, expect: x }]\n`, ['3: faults.expect: a text; give a table of keys']],
    [`${HEAD}matrix: { name: [a] }\n`, [expect.stringMatching(/^3: matrix: name cannot vary/)]],
    [`${HEAD}matrix: { smp: [1, x] }\n`, ['3: smp x: a whole number from 1 to 8']],
    [`${HEAD}matrix: { smp: [] }\n`, [expect.stringMatching(/^3: matrix.smp: an empty list/)]],
    [`${HEAD}faults: [{}]\n`, [expect.stringMatching(/^3: faults\[0\]: no name/)]],
    [
      `${HEAD}faults: [{ name: rearmed }]\n`,
      [expect.stringMatching(/^3: faults\[0\].name rearmed: no such fault; did/)],
    ],
    [`${HEAD}limit: 2h\n`, [expect.stringMatching(/^3: limit 2h: unknown unit/)]],
    [`${HEAD}smp: &a\nx: *b\n`, [expect.stringMatching(/^4: not YAML|^4: \*b: no such anchor/)]],
    [`${HEAD}smp: 0\nhost: x\n`, [expect.stringMatching(/^4: host x/), expect.stringMatching(/^3: smp 0/)]],
    ['a: [\n', [expect.stringMatching(/^\d+: not YAML: /)]],
    ['a: !!binary aGk=\n', [expect.stringMatching(/^1: /)]],
  ])('%j is told with its line', (text, expected) => {
    expect(problems(text)).toEqual(expect.arrayContaining(expected));
    expect(problems(text).every((p) => !p.includes('\n'))).toBe(true);
  });

  it('is found in every combination, and told once', () => {
    expect(problems(`${HEAD}matrix: { smp: [1, 2] }\nhost: x\n`)).toHaveLength(1);
  });
});

describe('a hostile file', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
    .split('')
    .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join()}]\n`)
    .join('')}`;
  it.each<[string, string]>([
    ['aliases that grow', bomb],
    ['an alias of itself', 'a: &a [*a]\n'],
    ['deep brackets', `${'['.repeat(100_000)}`],
    ['deep tables', `a: ${'{a: '.repeat(5000)}`],
    ['deep dashes', `${'- '.repeat(100_000)}x`],
    ['deep question marks', `${'? '.repeat(100_000)}x`],
    ['deep indentation', Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['many keys', Array.from({ length: 40_000 }, (_, i) => `k${i}:`).join('\n')],
    ['a long text', 'x'.repeat(300_000)],
    ['a huge number', `${HEAD}seed: ${'9'.repeat(10_000)}\n`],
    [
      'a big matrix',
      `${HEAD}matrix: { smp: [1,2,3,4,5,6,7,8], seed: [${Array.from({ length: 64 }, (_, i) => i)}], pause: [1ms, 2ms] }\n`,
    ],
    ['zeros', '\0'.repeat(1000)],
    ['two documents', 'a: 1\n---\nb: 2\n'],
  ])('with %s is refused in one line', (_name, text) => {
    const list = problems(text);
    expect(list.length).toBeGreaterThan(0);
    for (const line of list) expect(line.length).toBeLessThan(600);
  });
});
