"""Pictures of a plan: as text, as Mermaid, as SVG."""
