//! One component, and what it tells the one around it.

use std::borrow::Cow;

use crate::counts::{has_mention_of_text, tables};
use crate::text::Text;
use crate::trail::{Step, Trail};
use crate::walk::State;
use crate::{CONTAINERS_MAX, ELEMENT_ID_CHARS_MAX, ELEMENTS_MAX, Problem, TABLES_MAX};

/// Components that hold others.
const CONTAINERS: [&str; 4] = ["form", "column_set", "interactive_container", "collapsible_panel"];

/// Components that people use, each of which needs a name in a form.
const USED: [&str; 11] = [
    "button",
    "input",
    "select_static",
    "multi_select_static",
    "select_person",
    "multi_select_person",
    "date_picker",
    "picker_time",
    "picker_datetime",
    "select_img",
    "checker",
];

/// All kinds of components and texts of both schemas that a name is compared with. Shorter ones (`hr`, `div`, `img`) are too
/// near to names that Lark may add.
const KINDS: [&str; 31] = [
    "action",
    "audio",
    "button",
    "chart",
    "checker",
    "collapsible_panel",
    "column",
    "column_set",
    "custom_icon",
    "date_picker",
    "img_combination",
    "input",
    "interactive_container",
    "lark_md",
    "local_datetime",
    "markdown",
    "multi_select_person",
    "multi_select_static",
    "number_tag",
    "overflow",
    "person",
    "person_list",
    "picker_datetime",
    "picker_time",
    "plain_text",
    "select_img",
    "select_person",
    "select_static",
    "standard_icon",
    "table",
    "text_tag",
];

/// A problem, and the way to it so far.
type Found<'a> = (Trail<'a>, Problem);

/// Contents of a component.
#[derive(Debug, Default)]
pub(crate) struct Inside<'a> {
    /// Levels of containers.
    containers: usize,
    /// A form or a table, which may only stand in the card itself.
    at_root_only: Option<(Trail<'a>, &'static str)>,
    /// The first component without a name that would need one in a form.
    unnamed: Option<Trail<'a>>,
    /// The names of components that are used.
    names: Vec<(Cow<'a, str>, Trail<'a>)>,
    /// Whether a button submits a form.
    pub(crate) submits: bool,
    /// The first problem that is one in schema 2.0 only; which schema it is may be told at the end.
    pub(crate) of_schema_2: Option<Found<'a>>,
}

impl<'a> Inside<'a> {
    pub(crate) fn add(&mut self, mut other: Self, step: &Step<'a>) {
        let trails = other.names.iter_mut().map(|(_, trail)| trail);
        let trails = trails.chain(other.at_root_only.iter_mut().map(|(trail, _)| trail));
        let trails = trails.chain(&mut other.unnamed);
        for trail in trails.chain(other.of_schema_2.iter_mut().map(|(trail, _)| trail)) {
            trail.climb(step);
        }
        self.containers = self.containers.max(other.containers);
        self.submits |= other.submits;
        self.at_root_only = self.at_root_only.take().or(other.at_root_only);
        self.unnamed = self.unnamed.take().or(other.unnamed);
        self.of_schema_2 = self.of_schema_2.take().or(other.of_schema_2);
        self.names.append(&mut other.names);
    }

    fn only_in_schema_2(&mut self, trail: Trail<'a>, problem: Problem) {
        self.of_schema_2.get_or_insert((trail, problem));
    }
}

/// The members of a component that decide.
#[derive(Debug, Default)]
pub(crate) struct Component<'a> {
    pub(crate) tag: Option<Cow<'a, str>>,
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) element_id: Option<Text<'a>>,
    pub(crate) content: Option<Cow<'a, str>>,
}

impl<'a> Component<'a> {
    /// Judges a component when all of it was read.
    pub(crate) fn ended(self, state: &mut State<'a>, mut inside: Inside<'a>) -> Result<Inside<'a>, Found<'a>> {
        let Some(tag) = self.tag.as_deref() else {
            return Ok(inside);
        };
        if let Some((trail, tag)) = inside.at_root_only {
            return Err((trail, Problem::NotAtRoot { tag }));
        }
        // Whether Lark counts a column is not known.
        state.elements += usize::from(tag != "column");
        if state.elements > ELEMENTS_MAX {
            return Err((Trail::default(), Problem::TooManyElements));
        }
        if let Some(Text(id)) = self.element_id {
            check_id(id, state, &mut inside);
        }
        match tag {
            "table" => {
                count_tables(state, 1, Trail::default())?;
                inside.at_root_only = Some((Trail::default(), "table"));
            }
            "markdown" | "lark_md" | "plain_text" => {
                check_text(tag, self.content.as_deref(), state, &mut inside)?;
            }
            "action" => inside.only_in_schema_2(
                Trail::default(),
                Problem::OfSchema1 {
                    instead: "buttons stand in the elements themselves, or in a column_set",
                },
            ),
            "note" => inside.only_in_schema_2(
                Trail::default(),
                Problem::OfSchema1 {
                    instead: r#"a small text is markdown with "text_size": "notation""#,
                },
            ),
            "form" => {
                check_form(self.name.as_ref(), state, &mut inside)?;
                inside.at_root_only = Some((Trail::default(), "form"));
            }
            used if USED.contains(&used) => match self.name.clone().filter(|name| !name.is_empty()) {
                Some(name) => inside.names.push((name, Trail::at("name"))),
                None => inside.unnamed = inside.unnamed.take().or(Some(Trail::at("name"))),
            },
            known if KINDS.contains(&known) => {}
            other => {
                if let Some(nearest) = KINDS.into_iter().find(|kind| is_one_slip(kind, other)) {
                    return Err((Trail::at("tag"), Problem::MisspeltTag { nearest }));
                }
            }
        }
        if CONTAINERS.contains(&tag) {
            inside.containers += 1;
            if inside.containers > CONTAINERS_MAX {
                return Err((Trail::default(), Problem::TooDeep));
            }
        }
        Ok(inside)
    }
}

/// Whether a name is another but for one letter: one more, one less, another one, or two that have changed places.
fn is_one_slip(known: &str, written: &str) -> bool {
    let (mut known, mut written) = (known.as_bytes(), written.as_bytes());
    while let ([a, known_rest @ ..], [b, written_rest @ ..]) = (known, written) {
        if a != b {
            break;
        }
        (known, written) = (known_rest, written_rest);
    }
    match (known, written) {
        ([a, b, known @ ..], [c, d, written @ ..]) if (a, b) == (d, c) && known == written => true,
        ([_, known @ ..], [_, written @ ..]) if known == written => true,
        ([_, known @ ..], written) if known == written => true,
        (known, [_, written @ ..]) => known == written,
        _ => false,
    }
}

fn check_id<'a>(id: Option<Cow<'a, str>>, state: &mut State<'a>, inside: &mut Inside<'a>) {
    let Some(id) = id else {
        return inside.only_in_schema_2(Trail::at("element_id"), Problem::NotString);
    };
    let is_of_id = |of: char| of.is_ascii_alphanumeric() || of == '_';
    let is_good = id.starts_with(|of: char| of.is_ascii_alphabetic())
        && id.chars().all(is_of_id)
        && id.len() <= ELEMENT_ID_CHARS_MAX;
    if !is_good {
        inside.only_in_schema_2(Trail::at("element_id"), Problem::BadElementId);
    } else if state.element_ids.contains(&id) {
        inside.only_in_schema_2(Trail::at("element_id"), Problem::RepeatedElementId);
    } else {
        state.element_ids.push(id);
    }
}

fn check_text<'a>(
    tag: &str,
    content: Option<&str>,
    state: &mut State<'a>,
    inside: &mut Inside<'a>,
) -> Result<(), Found<'a>> {
    let Some(content) = content else {
        inside.only_in_schema_2(Trail::at("content"), Problem::NoContent);
        return Ok(());
    };
    if tag == "plain_text" {
        return Ok(());
    }
    if has_mention_of_text(content) {
        return Err((Trail::at("content"), Problem::MentionOfText));
    }
    if tag == "markdown" {
        return count_tables(state, tables(content), Trail::at("content"));
    }
    Ok(())
}

fn count_tables<'a>(state: &mut State<'a>, more: usize, trail: Trail<'a>) -> Result<(), Found<'a>> {
    state.tables += more;
    if state.tables > TABLES_MAX {
        return Err((trail, Problem::TooManyTables));
    }
    Ok(())
}

fn check_form<'a>(
    name: Option<&Cow<'a, str>>,
    state: &mut State<'a>,
    inside: &mut Inside<'a>,
) -> Result<(), Found<'a>> {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Err((Trail::at("name"), Problem::NoName));
    };
    if let Some(trail) = inside.unnamed.take() {
        return Err((trail, Problem::NoName));
    }
    if !inside.submits {
        return Err((Trail::default(), Problem::NoSubmit));
    }
    let own = (name.clone(), Trail::at("name"));
    for (name, trail) in std::mem::take(&mut inside.names).into_iter().chain([own]) {
        if state.form_names.contains(&name) {
            return Err((trail, Problem::RepeatedName));
        }
        state.form_names.push(name);
    }
    Ok(())
}
