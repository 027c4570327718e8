/** How rates are said: as exactly as they are known, and no more. */

/** More would be read by nobody. */
const MOST_DECIMALS = 6;

/**
 * A ratio of rates with as many decimals as are right whatever the true value is.
 * @param uncertainty most by which the measured ratio can be off the true one, in the ratio's own unit
 */
export function rateText(ratio: number, uncertainty: number): string {
  const decimals = Math.floor(-Math.log10(2 * uncertainty));
  return ratio.toFixed(Math.min(Math.max(decimals, 0), MOST_DECIMALS));
}
