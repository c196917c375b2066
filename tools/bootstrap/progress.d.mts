/** Runs `work`, showing on stderr that it started, goes on, and how it ended. */
export function withProgress<T>(label: string, work: () => Promise<T>): Promise<T>;
