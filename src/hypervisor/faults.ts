/**
 * Named misbehaviours of the hypervisor layer, each modelled on one that broke somebody's guest (docs/cases). They exist so
 * that a checker can be seen to see them: off unless a run's configuration names them, exact and deterministic when on.
 */

/** Where each one acts is found by searching for its name. */
const TABLE = [
  ['counter-by-value', 'T1', 'a migration restores the counter by value: guest time never includes the downtime'],
  [
    'cntvoff-replayed',
    'T2',
    "a migration ends by writing the source's CNTVOFF again: the counter jumps with the hosts'",
  ],
  ['wfi-timer-not-rearmed', 'T3', 'behind a migration, the deadline of a vCPU parked in WFI is not armed'],
  ['timer-fires-between-saves', 'T4', 'a virtual timer due while a migration saves is masked, and its interrupt lost'],
  [
    'per-vcpu-offset',
    'T5',
    'a migration restores the counter vCPU by vCPU, 20 us apart, each with an offset of its own',
  ],
  ['physical-line-stuck', 'T6', "the physical timer's line, once high, is never taken down"],
  [
    'soft-timer-spurious',
    'T7',
    'a host timer armed for a deadline that the guest moved goes off, and signals CNTP unchecked',
  ],
  ['soft-timer-missed', 'T7', 'CNTP is signalled only when a host timer goes off: a deadline already past is lost'],
  ['rtc-stands-still', 'T8', 'a migration restores the RTC by value: it is behind by the downtime'],
  ['wfi-not-woken', 'T9', 'a timer that expires while its vCPU is parked in WFI is not signalled'],
  ['ticks-as-nanoseconds', 'T10', 'host timers are armed with ticks taken for nanoseconds, and signal unchecked'],
  ['cval-truncated', 'T13', 'timer lines and deadlines are made from the low 32 bits of CVAL'],
  ['event-stream-native', 'T14', "the event stream goes by the host's counter where the guest's is trapped or scaled"],
  ['stolen-restarts', 'S1', 'stolen time starts again from zero at the destination of a migration'],
  [
    'run-delay-gap',
    'S2',
    'the last microsecond of each stretch of stolen time falls between two reads of the run delay',
  ],
  ['late-vcpu-forgotten', 'S3', 'the stolen time of a vCPU that came by CPU_ON is never stored'],
  [
    'its-tables-unflushed',
    'I1',
    'what the ITS maps and what is pending is kept beside guest memory, and no snapshot has it',
  ],
  ['its-writes-unmarked', 'I2', 'pages that only the ITS has written are not marked, and no snapshot has them'],
  ['its-stale-entries', 'I3', 'a device or an event that is unmapped stays in the tables in guest memory'],
  ['its-restore-all-or-nothing', 'I4', 'a restore fails at an event whose collection is not mapped'],
  ['its-discards-unmapped', 'I5', 'DISCARD unmaps an event whose collection is not mapped'],
  [
    'pending-byte-shared',
    'I6',
    "a byte of a pending table is not read again where the one before was at the same offset of another vCPU's",
  ],
  ['its-scan-overruns', 'I7', 'a restore that scans the device table goes astray behind its first second-level table'],
  ['its-objects-leak', 'I8', 'each MAPTI takes one of 16384 objects, which no DISCARD gives back'],
  ['discard-forgets-list-register', 'I9', 'DISCARD leaves what is in a list register there, and pending'],
  [
    'counter-unlogged',
    'R1',
    'a machine made from a snapshot reads its counter one tick off what the saved one would read',
  ],
  [
    'snapshot-drops-priorities',
    'R2',
    'a snapshot leaves out the active priorities: no EOI ends an interrupt that was active',
  ],
  ['snapshot-version-ahead', 'R3', 'a snapshot carries the version of a build that is to come'],
] as const;

export type FaultName = (typeof TABLE)[number][0];

export interface Fault {
  readonly name: FaultName;
  /** Its case in the catalogue. */
  readonly caseId: string;
  /** What it does, in one line. */
  readonly does: string;
}

export const FAULTS: readonly Fault[] = TABLE.map(([name, caseId, does]) => ({ name, caseId, does }));
export const FAULT_NAMES: readonly FaultName[] = FAULTS.map(({ name }) => name);

/** Faults by name, each once, in the table's order. @throws RangeError naming an unknown one and those that are near it */
export function parseFaults(names: readonly string[], option = '--fault'): FaultName[] {
  const unknown = names.find((name) => !FAULT_NAMES.some((known) => known === name));
  if (unknown === undefined) return FAULT_NAMES.filter((known) => names.includes(known));
  const near = nearNames(unknown.slice(0, 60));
  const way = near.length ? `did you mean ${near.join(' or ')}?` : 'chronovisor inspect faults lists them';
  throw new RangeError(`${option} ${unknown.slice(0, 60)}: no such fault; ${way}`);
}

/** Known names that a slip of the fingers, or half a name, leads to: at most three, the nearest first. */
function nearNames(text: string): FaultName[] {
  const distances = FAULT_NAMES.map((name) => ({
    name,
    distance: text.length > 3 && name.includes(text) ? 0 : editDistance(text, name),
  }));
  return distances
    .filter(({ name, distance }) => distance <= name.length / 3)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
