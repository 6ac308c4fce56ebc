/** Learning rate after the share `progress` of all training, from `peak` down to 0 (Loshchilov & Hutter 2017). */
export function cosineAnnealing(peak: number, progress: number): number {
  return (peak * (1 + Math.cos(Math.PI * progress))) / 2;
}
