// The functions log to the console; a test that wants to read the lines sets the level itself.
process.env.LOG_LEVEL ??= 'SILENT';
process.env.POWERTOOLS_METRICS_DISABLED ??= 'true';
