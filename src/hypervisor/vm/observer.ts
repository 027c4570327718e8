/** What can be watched of a guest from outside, at the instant it happens. Observers change nothing. */
export interface VmObserver {
  /** The guest read a counter. */
  counterRead(vcpu: number, register: 'CNTVCT_EL0' | 'CNTPCT_EL0', value: bigint): void;
  /** The guest read CNTFRQ_EL0: from now on it believes that frequency. */
  frequencyRead(vcpu: number, freqHz: number): void;
  /** The guest wrote a timer register. */
  timerWritten(vcpu: number, timer: 'virtual' | 'physical'): void;
  /** The guest acknowledged an interrupt. */
  acknowledged(vcpu: number, intid: number): void;
  /** The guest was given the address of its LPT structure: it can convert from now on. */
  lptGiven(): void;
}
