// The proxy's metrics, read as an operator's monitoring reads them.

export async function scrape(admin: string): Promise<string> {
  return (await fetch(`${admin}/metrics`)).text();
}

/** The sum of all series of a meter, or the value of one, where its labels are given too; 0 when there is none. */
export function meterIn(text: string, series: string): number {
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${series} `) || line.startsWith(`${series}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(' '))));
  return values.reduce((sum, value) => sum + value, 0);
}
