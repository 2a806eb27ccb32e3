// Imported before anything else: the engine is chosen at its first use.
process.env.FERROSS_NATIVE = 'off'
