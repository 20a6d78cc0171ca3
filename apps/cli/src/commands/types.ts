/** How a command says its exit code; without a call it is 0. */
export type Finish = (exitCode: number) => void;
