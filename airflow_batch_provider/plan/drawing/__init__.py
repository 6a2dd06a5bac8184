"""Draw a plan as text, Mermaid or SVG."""
