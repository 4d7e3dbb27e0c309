"""Contract tests for code that calls the Claude API: rules, drills and the pytest plugin (none is in this release)."""
