//! The pools of plugin instances.

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::EngineSettings;
use crate::plugin::{codegen::base, limits::MEMORY_BYTES_CEILING};

/// Instances beyond the permits, for `describe` while plugins are loaded: as many as do so at once.
pub(super) const LOADS_MAX: u32 = 2;

/// Instances beyond the permits that are kept between calls, of all plugins together. Idle ones must not be in the way of
/// calls, and sixteen plugins with an interpreter keep four each.
pub(super) const KEPT_MAX: u32 = 64;

/// A component from Rust has 1 to 4 core instances, one from Python 22.
const CORE_INSTANCES_PER_PLUGIN: u32 = 40;

/// A component has one memory; an interpreter with an adapter up to three.
const MEMORIES_PER_PLUGIN: u32 = 3;

/// One table for the functions, one for the linkage of each library.
const TABLES_PER_PLUGIN: u32 = 8;

/// An interpreter needs 12 000; reserved address space only, the plugin's own limit is smaller.
const TABLE_ELEMENTS: usize = 100_000;

/// Tables are small: two hundred functions in a plugin from Rust.
const TABLE_KEEP_RESIDENT_BYTES: usize = 16 << 10;

/// The largest initial size of a memory that is cleared as a whole. From about here on, clearing all of it takes as long as
/// asking the kernel what was written.
pub(super) const SMALL_BYTES_MAX: u64 = 256 << 10;

/// Memories of the pool that stay mapped for the plugin that used them last while nobody uses them. Where more plugins than
/// that take turns, each call takes a memory from another plugin and has its own start mapped into it: the click behind 100
/// plugins that pass took 16 times as long with wasmtime's 100, which the pool's parts share.
const WARM_SMALL_MEMORIES: u32 = 1_000;

/// The same for large memories, of which each keeps half a mebibyte.
const WARM_LARGE_MEMORIES: u32 = 100;

/// The way in which a memory is reset after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cleaning {
    /// All of it is cleared. For a small memory that is faster than asking what was written.
    Whole,
    /// Only pages that the call wrote are reset, where the kernel can tell (Linux 6.7). For a memory of 17 pages, which is what a
    /// usual Rust plugin has with its stack of 1 MiB, a call took 8 µs instead of 24; for one of 2 pages it took 8 instead of 7.
    Written,
}

/// Instances from a pool, reused without a system call: a fresh instance costs microseconds.
pub(super) fn pooled(settings: &EngineSettings, cleaning: Cleaning) -> Config {
    let instances = settings.instances_max.saturating_add(LOADS_MAX + KEPT_MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_stacks(instances)
        // Even the most demanding plugin can use every permit: the pool is never the reason for a failure.
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES_PER_PLUGIN))
        .max_core_instances_per_component(CORE_INSTANCES_PER_PLUGIN)
        .total_memories(instances.saturating_mul(MEMORIES_PER_PLUGIN))
        .max_memories_per_component(MEMORIES_PER_PLUGIN)
        .max_memories_per_module(MEMORIES_PER_PLUGIN)
        .total_tables(instances.saturating_mul(TABLES_PER_PLUGIN))
        .max_tables_per_component(TABLES_PER_PLUGIN)
        .max_tables_per_module(TABLES_PER_PLUGIN)
        .table_elements(TABLE_ELEMENTS)
        // A memory reserves 4 GiB of addresses whatever its size, because that removes bounds checks; the plugin's limit
        // says how much of it a call may use.
        .max_memory_size(MEMORY_BYTES_CEILING)
        .linear_memory_keep_resident(settings.memory_keep_resident_bytes)
        .max_unused_warm_slots(match cleaning {
            Cleaning::Whole => WARM_SMALL_MEMORIES,
            Cleaning::Written => WARM_LARGE_MEMORIES,
        })
        .table_keep_resident(TABLE_KEEP_RESIDENT_BYTES)
        .pagemap_scan(match cleaning {
            Cleaning::Whole => Enabled::No,
            Cleaning::Written => Enabled::Auto,
        });
    let mut config = base();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
