"""What is generated from the contract: Great Expectations suites, dbt sources and staging models."""
