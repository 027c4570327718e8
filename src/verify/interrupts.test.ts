import { describe, expect, it } from 'vitest';
import { InterruptMarks } from './interrupt-marks.js';
import { interruptPicture } from './interrupt-picture.js';

describe('the time line of interrupts', () => {
  it('has a lane for each vCPU and INTID, and counts all', () => {
    const marks = new InterruptMarks();
    for (let i = 0; i < 3; i++) marks.add({ vcpu: 1, intid: 27, time: BigInt(i + 1) * 1_000_000n });
    marks.add({ vcpu: 0, intid: 33, time: 2_000_000n });
    expect(marks.lanes.map(({ vcpu, intid, count, marks }) => [vcpu, intid, count, marks])).toEqual([
      [0, 33, 1, [2000]],
      [1, 27, 3, [1000, 2000, 3000]],
    ]);
  });

  it('is bounded, and says what is left out', () => {
    const marks = new InterruptMarks();
    for (let i = 0; i < 10_000; i++) marks.add({ vcpu: 0, intid: 27, time: BigInt(i) * 1000n });
    for (let intid = 32; intid < 132; intid++) marks.add({ vcpu: 0, intid, time: 5n });
    const [timer] = marks.lanes;
    expect(marks.lanes).toHaveLength(64);
    expect(marks.left).toBe(37);
    expect(timer).toMatchObject({ count: 10_000, every: 64, first: 0, last: 9999 });
    expect(timer!.marks).toEqual(Array.from({ length: 157 }, (_, i) => i * 64));
    const html = interruptPicture(marks, 1e-5);
    expect(html).toContain('37 interrupts of INTIDs beyond the first 64 lanes are left out');
    expect(html).toContain('1 of 64');
    expect(html).not.toMatch(/https?:/);
  });

  it('is nothing where no interrupt came', () => expect(interruptPicture(new InterruptMarks(), 1)).toBe(''));
});
