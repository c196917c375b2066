/**
 * Messages between the supervisor and the two processes it starts.
 *
 * @module
 */

import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from './error-table.ts';
import { edgeSettingsSchema, signerSettingsSchema } from './settings.ts';

const code = z.enum(ERROR_CODES as readonly [ErrorCode, ...ErrorCode[]]);
const details = z.record(z.string(), z.unknown());

/** Supervisor → signer, as frames on its standard input. */
export const signerControlSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('configure'), settings: signerSettingsSchema }),
  z.strictObject({ op: z.literal('stop') }),
]);

/** Supervisor → edge, over the channel Node makes for a child. */
export const edgeControlSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('configure'), settings: edgeSettingsSchema }),
  /** A pipe to a new signer travels with this message. */
  z.strictObject({ op: z.literal('signer') }),
  z.strictObject({ op: z.literal('stop') }),
]);

/** Child → supervisor: frames on the signer's standard output, channel messages of the edge. */
export const processEventSchema = z.discriminatedUnion('event', [
  /** Settings are in force; `inForce` is printed to the operator as rows. */
  z.strictObject({ event: z.literal('ready'), inForce: z.record(z.string(), z.string()) }),
  z.strictObject({ event: z.literal('warning'), code: code.optional(), text: z.string() }),
  /** The process cannot do its work and ends, or, when `reload`, keeps its old settings. */
  z.strictObject({ event: z.literal('fatal'), code, details, reload: z.boolean() }),
]);

export type SignerControl = z.infer<typeof signerControlSchema>;
export type EdgeControl = z.infer<typeof edgeControlSchema>;
export type ProcessEvent = z.infer<typeof processEventSchema>;
