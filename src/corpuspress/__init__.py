"""Press a folder of scraped text into a versioned Parquet corpus."""

__version__ = "0.1.0"
