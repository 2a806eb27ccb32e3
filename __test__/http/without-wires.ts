// Imported before anything else: whether there are wires is found out when the engine is loaded.
process.env.FERROSS_WIRES = 'off'
