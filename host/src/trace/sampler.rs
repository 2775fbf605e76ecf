//! Which traces are recorded.

use super::{ids::TraceId, parent::Parent};

/// A part of all traces, and whether a caller's decision counts more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampler {
    /// Part that is recorded, from 0 to 1.
    pub ratio: f64,
    /// Whether a caller that sends `traceparent` decides.
    pub is_parent_based: bool,
}

impl Default for Sampler {
    /// Everything, unless a caller says otherwise.
    fn default() -> Self {
        Self {
            ratio: 1.0,
            is_parent_based: true,
        }
    }
}

/// Decision on whether a trace is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Sample,
    Drop,
}

impl Sampler {
    /// The same for the same trace, on every server with the same ratio.
    pub(super) fn decide(self, trace: TraceId, parent: Option<&Parent>) -> Decision {
        let is_sampled = match parent {
            Some(parent) if self.is_parent_based => parent.is_sampled,
            _ => {
                let [.., a, b, c, d, e, f, g, h] = trace.0;
                let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1;
                // 2^63 is exact; what is beyond the end is the end.
                (number as f64) < self.ratio * 9_223_372_036_854_775_808.0
            }
        };
        if is_sampled { Decision::Sample } else { Decision::Drop }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::ids::SpanId, *};

    fn sampled(ratio: f64) -> usize {
        let sampler = Sampler {
            ratio,
            is_parent_based: true,
        };
        let traces = (0..2_000).map(|_| TraceId::random());
        traces
            .filter(|trace| sampler.decide(*trace, None) == Decision::Sample)
            .count()
    }

    #[test]
    fn so_many_are_recorded_as_the_ratio_says() {
        assert_eq!((sampled(0.0), sampled(1.0)), (0, 2_000));
        let half = sampled(0.5);
        assert!((800..1_200).contains(&half), "{half}");
    }

    #[test]
    fn a_caller_decides_unless_it_is_not_to() {
        for is_sampled in [true, false] {
            let parent = Parent {
                trace: TraceId::random(),
                span: SpanId::random(),
                is_sampled,
            };
            let decided = |is_parent_based, ratio| {
                let sampler = Sampler { ratio, is_parent_based };
                sampler.decide(parent.trace, Some(&parent)) == Decision::Sample
            };
            assert_eq!(decided(true, if is_sampled { 0.0 } else { 1.0 }), is_sampled);
            assert!(!decided(false, 0.0) && decided(false, 1.0));
        }
    }
}
