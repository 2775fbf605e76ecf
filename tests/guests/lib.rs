//! The plugins are the examples of this package.
