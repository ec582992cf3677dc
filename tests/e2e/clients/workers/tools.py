"""The tools that the model calls."""

from __future__ import annotations

from typing import Any


def get_weather(city: str) -> str:
    """Get the weather of a city.

    Args:
        city: The name of the city.

    Returns:
        str: The weather.
    """
    return f"get_weather of {city}: {len(city)} degrees"


def get_time(city: str) -> str:
    """Get the time in a city.

    Args:
        city: The name of the city.

    Returns:
        str: The time.
    """
    return f"get_time of {city}: {len(city)} hours"


TOOLS = (get_weather, get_time)
BY_NAME = {tool.__name__: tool for tool in TOOLS}


def schemas() -> list[dict[str, Any]]:
    """Describe the tools as OpenAI's clients do."""
    city = {"type": "string", "description": "The name of the city."}
    parameters = {"type": "object", "properties": {"city": city}, "required": ["city"]}
    return [
        {
            "type": "function",
            "function": {
                "name": tool.__name__,
                "description": (tool.__doc__ or "").partition("\n")[0],
                "parameters": parameters,
            },
        }
        for tool in TOOLS
    ]
