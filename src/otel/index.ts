/**
 * OpenTelemetry spans for ferross.
 *
 * @packageDocumentation
 */

export { type Instrumentation, type InstrumentOptions, instrument } from './instrument.js'
