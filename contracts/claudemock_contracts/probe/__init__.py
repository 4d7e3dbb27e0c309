"""Drift probes: a function run under other circumstances, and what of them leaks into the prompts it sends."""
