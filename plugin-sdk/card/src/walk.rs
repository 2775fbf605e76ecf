//! A walk through a card as it is read, without keeping it: replies are checked while somebody waits.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::component::{Component, Inside};
use crate::text::Text;
use crate::trail::{Step, Trail};
use crate::{Problem, Refusal};

/// Members that hold values and not components: what a callback brings back, the rows of a table, data of a chart, and
/// texts that may or may not count for Lark.
const OPAQUE: [&str; 12] = [
    "value",
    "behaviors",
    "rows",
    "chart_spec",
    "options",
    "text_tag_list",
    "i18n_content",
    "multi_url",
    "style",
    "icon",
    "confirm",
    "summary",
];

/// Objects inside of each other; a card that Lark takes has far fewer, and the reader of JSON gives up at 128.
const DEPTH_MAX: usize = 60;

/// Facts about the whole card.
#[derive(Default)]
pub(crate) struct State<'a> {
    pub(crate) elements: usize,
    pub(crate) tables: usize,
    pub(crate) element_ids: Vec<Cow<'a, str>>,
    pub(crate) form_names: Vec<Cow<'a, str>>,
    depth: usize,
    refused: Option<(Trail<'a>, Problem)>,
}

impl<'a> State<'a> {
    pub(crate) fn into_refusal(self) -> Option<Refusal> {
        let (trail, problem) = self.refused?;
        Some(Refusal {
            path: trail.path(),
            problem,
        })
    }

    fn refuse<E: de::Error>(&mut self, (trail, problem): (Trail<'a>, Problem)) -> E {
        self.refused = Some((trail, problem));
        E::custom("refused")
    }

    /// Reads what is behind a member or an index. A refusal from there learns the step back.
    fn step<T, E: de::Error>(&mut self, step: &Step<'a>, read: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let read = read(self);
        if read.is_err()
            && let Some((trail, _)) = &mut self.refused
        {
            trail.climb(step);
        }
        read
    }
}

/// The card itself.
pub(crate) struct Root<'s, 'a>(pub(crate) &'s mut State<'a>);

impl<'de> DeserializeSeed<'de> for Root<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Root<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a card")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let state = self.0;
        let mut inside = Inside::default();
        let (mut is_schema_2, mut has_body, mut is_shared) = (false, false, true);
        let mut of_schema_1 = None;
        while let Some(Text(Some(name))) = members.next_key()? {
            let step = Step::Member(name.clone());
            let found = state.step(&step, |state| match &*name {
                "schema" => match members.next_value()? {
                    Text(Some(schema)) if schema == "2.0" || schema == "1.0" => {
                        is_schema_2 = schema == "2.0";
                        Ok(Inside::default())
                    }
                    Text(_) => Err(state.refuse((Trail::default(), Problem::Schema))),
                },
                "config" => {
                    let config: &RawValue = members.next_value()?;
                    // A config of another shape is left to Lark.
                    let config: Config = serde_json::from_str(config.get()).unwrap_or_default();
                    is_shared = config.update_multi != Some(false);
                    Ok(Inside::default())
                }
                "body" => {
                    has_body = true;
                    members.next_value_seed(Body(state))
                }
                "elements" => {
                    of_schema_1 = Some(("elements", "components stand in `body.elements`"));
                    members.next_value_seed(List(state))
                }
                "i18n_elements" => {
                    of_schema_1 = Some(("i18n_elements", "each text has its own `i18n_content`"));
                    members.next_value_seed(Languages(state))
                }
                "fallback" => {
                    of_schema_1 = of_schema_1.or(Some(("fallback", "there is none")));
                    members.next_value::<IgnoredAny>().map(|_| Inside::default())
                }
                "header" => members.next_value_seed(Node(state)),
                _ => members.next_value::<IgnoredAny>().map(|_| Inside::default()),
            })?;
            inside.add(found, &step);
        }
        let problem = match (is_schema_2, of_schema_1) {
            (true, Some((name, instead))) => Some((Trail::at(name), Problem::OfSchema1 { instead })),
            (true, None) if !is_shared => {
                let mut trail = Trail::at("update_multi");
                trail.climb(&Step::Member("config".into()));
                Some((trail, Problem::NotShared))
            }
            (true, None) => inside.of_schema_2,
            (false, _) => has_body.then(|| (Trail::at("body"), Problem::OfSchema2)),
        };
        problem.map_or(Ok(()), |problem| Err(state.refuse(problem)))
    }
}

/// The part of `config` that decides.
#[derive(Default, Deserialize)]
struct Config {
    update_multi: Option<bool>,
}

/// `body` of schema 2.0.
struct Body<'s, 'a>(&'s mut State<'a>);

/// A list of components for each language, of which people see one.
struct Languages<'s, 'a>(&'s mut State<'a>);

/// A list of components.
struct List<'s, 'a>(&'s mut State<'a>);

/// A component, a part of one, or a value that is neither.
struct Node<'s, 'a>(&'s mut State<'a>);

/// Reads a value of one kind; any other kind is a problem of its own.
macro_rules! seed {
    ($seed:ident $deserialize:ident $problem:ident) => {
        impl<'de> DeserializeSeed<'de> for $seed<'_, 'de> {
            type Value = Inside<'de>;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Inside<'de>, D::Error> {
                let state = self.0;
                let read = deserializer.$deserialize($seed(state));
                match read {
                    Err(_) if state.refused.is_none() => Err(state.refuse((Trail::default(), Problem::$problem))),
                    read => read,
                }
            }
        }
    };
}

seed!(Body deserialize_map NotObject);
seed!(Languages deserialize_map NotObject);
seed!(List deserialize_seq NotList);

impl<'de> DeserializeSeed<'de> for Node<'_, 'de> {
    type Value = Inside<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Inside<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Body<'_, 'de> {
    type Value = Inside<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Inside<'de>, A::Error> {
        let state = self.0;
        let mut inside = Inside::default();
        while let Some(Text(Some(name))) = members.next_key()? {
            if name != "elements" {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            let step = Step::Member(name);
            let found = state.step(&step, |state| members.next_value_seed(List(state)))?;
            inside.add(found, &step);
        }
        Ok(inside)
    }
}

impl<'de> Visitor<'de> for Languages<'_, 'de> {
    type Value = Inside<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Inside<'de>, A::Error> {
        let state = self.0;
        let before = (state.elements, state.tables);
        let mut inside = Inside::default();
        while let Some(Text(Some(name))) = members.next_key()? {
            (state.elements, state.tables) = before;
            state.form_names.clear();
            let step = Step::Member(name);
            let found = state.step(&step, |state| members.next_value_seed(List(state)))?;
            inside.add(found, &step);
        }
        Ok(inside)
    }
}

impl<'de> Visitor<'de> for List<'_, 'de> {
    type Value = Inside<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Inside<'de>, A::Error> {
        parts(self.0, list)
    }
}

fn parts<'de, A: SeqAccess<'de>>(state: &mut State<'de>, mut list: A) -> Result<Inside<'de>, A::Error> {
    let mut inside = Inside::default();
    for index in 0.. {
        let step = Step::Index(index);
        match state.step(&step, |state| list.next_element_seed(Node(state)))? {
            Some(found) => inside.add(found, &step),
            None => break,
        }
    }
    Ok(inside)
}

impl<'de> Visitor<'de> for Node<'_, 'de> {
    type Value = Inside<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, _text: &str) -> Result<Inside<'de>, E> {
        Ok(Inside::default())
    }

    fn visit_bool<E>(self, _truth: bool) -> Result<Inside<'de>, E> {
        Ok(Inside::default())
    }

    fn visit_i64<E>(self, _number: i64) -> Result<Inside<'de>, E> {
        Ok(Inside::default())
    }

    fn visit_u64<E>(self, _number: u64) -> Result<Inside<'de>, E> {
        Ok(Inside::default())
    }

    fn visit_f64<E>(self, _number: f64) -> Result<Inside<'de>, E> {
        Ok(Inside::default())
    }

    fn visit_unit<E>(self) -> Result<Inside<'de>, E> {
        Ok(Inside::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Inside<'de>, A::Error> {
        parts(self.0, list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Inside<'de>, A::Error> {
        let state = self.0;
        if state.depth == DEPTH_MAX {
            return Err(state.refuse((Trail::default(), Problem::TooDeep)));
        }
        state.depth += 1;
        let mut inside = Inside::default();
        let mut own = Component::default();
        while let Some(Text(Some(member))) = members.next_key()? {
            match &*member {
                "tag" => own.tag = members.next_value::<Text<'de>>()?.0,
                "name" => own.name = members.next_value::<Text<'de>>()?.0,
                "element_id" => own.element_id = Some(members.next_value()?),
                "content" => own.content = members.next_value::<Text<'de>>()?.0,
                "form_action_type" | "action_type" => {
                    let Text(action) = members.next_value()?;
                    inside.submits |= matches!(action.as_deref(), Some("submit" | "form_submit"));
                }
                opaque if OPAQUE.contains(&opaque) => drop(members.next_value::<IgnoredAny>()?),
                _ => {
                    let step = Step::Member(member);
                    let found = state.step(&step, |state| members.next_value_seed(Node(state)))?;
                    inside.add(found, &step);
                }
            }
        }
        state.depth -= 1;
        own.ended(state, inside).map_err(|problem| state.refuse(problem))
    }
}
