//! Cards that are too large for one.

use serde_json::Value;

use super::CardBuilder;
use crate::{Card, Failure};

impl CardBuilder {
    /// Checks the card and returns it in as many cards as it takes: what is too much for one card goes into the next, at the
    /// border of a component of the card itself. All of them have the same header.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`], as [`build`](Self::build), when one component alone would be refused.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::card::Markdown;
    /// let long = "a".repeat(20_000);
    /// let cards = Card::builder().add(Markdown::new(&long)).add(Markdown::new(&long)).build_all()?;
    /// assert_eq!(cards.len(), 2);
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn build_all(mut self) -> Result<Vec<Card>, Failure> {
        let mut rest = std::mem::take(&mut self.elements);
        let mut cards = Vec::new();
        while cards.is_empty() || !rest.is_empty() {
            let fitting = self.fitting(&rest)?;
            let behind = rest.split_off(fitting);
            cards.push(Card::raw(self.whole(rest)));
            rest = behind;
        }
        Ok(cards)
    }

    /// The most components from the beginning that make a card; found by halves, because each is checked as a whole card.
    fn fitting(&self, elements: &[Value]) -> Result<usize, Failure> {
        let check = |count: usize| {
            let elements = elements.iter().take(count).cloned().collect();
            super::check(&self.whole(elements))
        };
        if check(elements.len()).is_ok() {
            return Ok(elements.len());
        }
        // One component must fit.
        check(1).map_err(Failure::permanent)?;
        let (mut fits, mut too_many) = (1, elements.len());
        while too_many - fits > 1 {
            let middle = fits.midpoint(too_many);
            match check(middle) {
                Ok(()) => fits = middle,
                Err(_) => too_many = middle,
            }
        }
        Ok(fits)
    }
}
