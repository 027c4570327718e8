import { describe, expect, it } from 'vitest';
import { parseMigrations } from './migrations.js';

const AT_LARGE = { strategy: 'trap', downtime: 'elapsed', pause: '10ms' };
const parse = (...migrate: string[]) => parseMigrations({ ...AT_LARGE, migrate });

describe('--migrate', () => {
  it('takes what holds at large, and what each says for itself', () => {
    const [a, b, c] = parse(
      't=1s to 25 MHz',
      'insn=1e9 to freq=1GHz,cntsc=1 strategy=scaled pause=3us',
      'console=/to x strategy=lpt/ to 1GHz downtime=stolen',
    );
    expect(a).toMatchObject({ strategy: 'trap', policy: 'elapsed', downtime: 10_000_000_000n, to: { freqHz: 25e6 } });
    expect(b).toMatchObject({ strategy: 'scaled', policy: 'elapsed', downtime: 3_000_000n, to: { cntsc: true } });
    expect(c).toMatchObject({ strategy: 'trap', policy: 'stolen', to: { freqHz: 1e9 } });
  });

  it.each([
    ['t=1s to 1GHz strategy=best', /strategy best: no such strategy; available: offset, lpt, trap, scaled, refuse$/],
    ['t=1s to 1GHz downtime=none', /downtime none: no such downtime policy; available: paused, elapsed, stolen$/],
    ['t=1s to 1GHz pause=3', /pause 3: no unit/],
    ['t=1s to 1GHz pause=1s pause=1s', /pause is given twice/],
    ['t=1s to 1GHz strategy=', /no such strategy/],
    ['t=1s to strategy=trap', /unknown part strategy=trap/],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(/^[^\n]+$/);
  });

  it('checks what holds at large even where nothing is migrated', () => {
    expect(() => parseMigrations({ ...AT_LARGE, strategy: 'x', migrate: [] })).toThrow(
      '--strategy x: no such strategy',
    );
    expect(() => parseMigrations({ ...AT_LARGE, pause: 'x', migrate: [] })).toThrow('--pause x');
  });
});
