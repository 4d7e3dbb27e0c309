"""Why a prompt cache misses (RULES.md b): who should have matched whom, where they part, and what it costs."""

from claudemock_contracts.drift.families import system_text
from claudemock_contracts.drift.markers import Marker, markers
from claudemock_contracts.drift.pairs import CacheStory, MissedPair, cache_story
from claudemock_contracts.drift.simulate import Step

__all__ = ["CacheStory", "Marker", "MissedPair", "Step", "cache_story", "markers", "system_text"]
