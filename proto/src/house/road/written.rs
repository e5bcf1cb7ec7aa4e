//! The written forms of what roads are made of. In a file a step is a table of its own; where there is only text, as in
//! commands and forms, it is a line: `td appraise appraiser yes=ky no=soan layers=form+content`.

use super::super::row::{Field, Value, composed, is_id, parts};
use super::super::written::{Written, choices};
use super::{CountsAs, Duty, Proposed, Step};
use crate::house::TimeOfDay;
use crate::paper::DocumentType;
use crate::{identifier, limits, wire};

choices! {
    Duty: None, None;
    CountsAs: Some(CountsAs::Nothing), Some(CountsAs::Nothing);
}

/// Names of the fields of a step that a file has, in their order.
const FIELDS: [&str; 10] = ["id", "act", "who", "layers", "only", "until", "needs", "body", "yes", "no"];

impl Written for Vec<Step> {
    type Wire = Vec<wire::HouseRoadStep>;

    fn instead() -> Option<Self> {
        None
    }

    /// A road without steps is read, so that the check can say it.
    fn missing() -> Option<Self> {
        Some(Vec::new())
    }

    fn read(value: &Value) -> Option<Self> {
        let steps: Self = match value {
            Value::Tables(steps) => steps.iter().map(|fields| step(fields)).collect(),
            Value::Text(text) => lines(text).into_iter().map(|line| step(&typed(line)?)).collect(),
            Value::List(lines) => lines.iter().map(|line| step(&typed(line)?)).collect(),
            _ => None,
        }?;
        (steps.len() <= limits::ROAD_STEPS).then_some(steps)
    }

    fn write(&self) -> Option<Value> {
        if self.is_empty() { None } else { Some(Value::Tables(self.iter().map(fields).collect())) }
    }

    fn to_wire(&self) -> Self::Wire {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let step = |step: &Step| wire::HouseRoadStep {
            id: step.id.clone(),
            act: <&str>::from(step.act).to_owned(),
            who: step.who.clone(),
            yes: text(&step.yes),
            no: text(&step.no),
            layers: step.layers.iter().map(|layer| <&str>::from(layer).to_owned()).collect(),
            only: step.only.clone(),
            until: step.until.map(|until| until.to_string()).unwrap_or_default(),
            needs: step.needs.map(|needs| <&str>::from(needs).to_owned()).unwrap_or_default(),
            body: text(&step.body),
        };
        self.iter().map(step).collect()
    }

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        let text = |text: &String| if text.is_empty() { None } else { Some(text.clone()) };
        let step = |said: &wire::HouseRoadStep| {
            let said = Step {
                id: said.id.clone(),
                act: said.act.parse().ok()?,
                who: said.who.clone(),
                yes: text(&said.yes),
                no: text(&said.no),
                layers: said.layers.iter().map(|layer| layer.parse().ok()).collect::<Option<_>>()?,
                only: said.only.clone(),
                until: optional(&said.until)?,
                needs: optional(&said.needs)?,
                body: text(&said.body),
            };
            // What is not in its one form is written otherwise.
            (self::step(&fields(&said)).as_ref() == Some(&said)).then_some(said)
        };
        if wire.len() > limits::ROAD_STEPS {
            return None;
        }
        wire.iter().map(step).collect()
    }
}

/// Reads a word that may be missing. None: it is none.
fn optional<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}

/// Reads a step. None: it lacks something, or has a field that no step has.
fn step(fields: &[Field]) -> Option<Step> {
    if fields.iter().any(|field| !FIELDS.contains(&field.name.as_str())) {
        return None;
    }
    let words = |name: &str| {
        let field = fields.iter().find(|field| field.name == name);
        field.map(|field| field.value.words(&[])).unwrap_or_default()
    };
    let text = |name: &str| {
        let field = fields.iter().find(|field| field.name == name)?;
        let text = composed(&field.value.shown()).into_owned();
        Some(text).filter(|text| !text.is_empty())
    };
    let id = |name: &str| text(name).map(|text| identifier::account(&text));
    let only: Vec<String> = words("only").iter().map(|body| identifier::plain(body).to_uppercase()).collect();
    let step = Step {
        id: id("id").filter(|id| is_id(id))?,
        act: text("act")?.parse().ok()?,
        who: id("who")?,
        yes: id("yes"),
        no: id("no"),
        layers: words("layers").iter().map(|layer| layer.parse().ok()).collect::<Option<_>>()?,
        only: if only.len() <= limits::HOUSE_LIST { only } else { return None },
        until: optional(&text("until").unwrap_or_default())?,
        needs: optional(&text("needs").unwrap_or_default())?,
        body: text("body"),
    };
    let texts = [Some(&step.who), step.yes.as_ref(), step.no.as_ref(), step.body.as_ref()];
    let short = |text: &String| text.len() <= limits::LINE;
    (texts.into_iter().flatten().all(short) && step.only.iter().all(short)).then_some(step)
}

/// The fields of a step, in their order.
fn fields(step: &Step) -> Vec<Field> {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let list = |texts: Vec<String>| if texts.is_empty() { None } else { Some(Value::List(texts)) };
    let layers = step.layers.iter().map(|layer| <&str>::from(layer).to_owned()).collect();
    let values = [
        text(&step.id),
        text(step.act.into()),
        text(&step.who),
        list(layers),
        list(step.only.clone()),
        step.until.map(|until: TimeOfDay| Value::Text(until.to_string())),
        step.needs.and_then(|needs| text(needs.into())),
        step.body.as_deref().and_then(text),
        step.yes.as_deref().and_then(text),
        step.no.as_deref().and_then(text),
    ];
    let field = |(name, value): (&str, Option<Value>)| {
        value.map(|value| Field { name: name.to_owned(), line: 0, value })
    };
    FIELDS.into_iter().zip(values).filter_map(field).collect()
}

/// The parts of a text between letters that stand in no quotation marks.
fn unquoted(text: &str, between: impl Fn(char) -> bool) -> Vec<&str> {
    let mut quoted = false;
    let parts = text.split(|letter: char| {
        quoted ^= letter == '"';
        between(letter) && !quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The lines of steps in a text.
fn lines(text: &str) -> Vec<&str> {
    unquoted(text, |letter| matches!(letter, ',' | ';' | '\n'))
}

/// The first step that cannot be read: its line in the file, and what stands there.
pub(in super::super) fn unreadable(value: &Value) -> Option<(u32, String)> {
    let bad = |line: &&str| typed(line).and_then(|fields| step(&fields)).is_none();
    match value {
        Value::Tables(steps) => {
            let fields = steps.iter().find(|fields| step(fields).is_none())?;
            Some((fields.first().map_or(0, |field| field.line), line(fields)))
        }
        Value::Text(text) => lines(text).into_iter().find(bad).map(|line| (0, line.to_owned())),
        Value::List(all) => all.iter().map(String::as_str).find(bad).map(|line| (0, line.to_owned())),
        _ => None,
    }
}

/// Reads the line of a step: id, act, who, then fields with their values. A value with spaces stands in quotation marks.
fn typed(line: &str) -> Option<Vec<Field>> {
    let field = |name: &str, value: &str| {
        let value = match value.split_once('+') {
            Some(_) => Value::List(value.split('+').map(str::to_owned).collect()),
            None => Value::Text(value.to_owned()),
        };
        Field { name: name.to_owned(), line: 0, value }
    };
    let words = unquoted(line, char::is_whitespace);
    let [id, act, who, more @ ..] = &words[..] else { return None };
    let mut fields = vec![field("id", id), field("act", act), field("who", who)];
    for word in more {
        let (name, value) = word.split_once('=')?;
        fields.push(field(name, value.trim_matches('"')));
    }
    Some(fields)
}

/// The line of a step, which [`typed`] reads.
pub(in super::super) fn line(fields: &[Field]) -> String {
    let word = |field: &Field| {
        let value = field.value.words(&[]).join("+");
        match field.name.as_str() {
            "id" | "act" | "who" => value,
            name if value.contains(' ') => format!("{name}=\"{value}\""),
            name => format!("{name}={value}"),
        }
    };
    fields.iter().map(word).collect::<Vec<_>>().join(" ")
}

impl Written for Proposed {
    type Wire = Vec<wire::HouseRoadSigner>;

    fn instead() -> Option<Self> {
        None
    }

    fn missing() -> Option<Self> {
        None
    }

    fn read(value: &Value) -> Option<Self> {
        let pair =
            |body: &str, person: &str| (identifier::plain(body).to_uppercase(), identifier::account(person));
        let each: Vec<(String, String)> = match value {
            Value::Named(people) => people.iter().map(|(body, person)| pair(body, &person.shown())).collect(),
            Value::Text(text) if text.contains('=') => {
                let people = parts(text);
                let read = |said: &String| said.split_once('=').map(|(body, person)| pair(body, person));
                people.iter().map(read).collect::<Option<_>>()?
            }
            Value::Text(person) => return one(person),
            _ => return None,
        };
        let good = |(body, person): &(String, String)| is_id(body) && is_person(person);
        (!each.is_empty() && each.len() <= limits::HOUSE_LIST && each.iter().all(good))
            .then_some(Self::Each(each))
    }

    fn write(&self) -> Option<Value> {
        Some(match self {
            Self::One(person) => Value::Text(person.clone()),
            Self::Each(people) => {
                let value = |(body, person): &(String, String)| (body.clone(), Value::Text(person.clone()));
                Value::Named(people.iter().map(value).collect())
            }
        })
    }

    fn to_wire(&self) -> Self::Wire {
        let said = |body: &str, person: &str| wire::HouseRoadSigner {
            body: body.to_owned(),
            person: person.to_owned(),
        };
        match self {
            Self::One(person) => vec![said("", person)],
            Self::Each(people) => people.iter().map(|(body, person)| said(body, person)).collect(),
        }
    }

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        let read = match &wire[..] {
            [only] if only.body.is_empty() => one(&only.person),
            people => {
                let named =
                    |said: &wire::HouseRoadSigner| (said.body.clone(), Value::Text(said.person.clone()));
                Self::read(&Value::Named(people.iter().map(named).collect()))
            }
        };
        read.filter(|read| read.to_wire() == wire)
    }
}

fn one(person: &str) -> Option<Proposed> {
    let person = identifier::account(person);
    is_person(&person).then_some(Proposed::One(person))
}

fn is_person(text: &str) -> bool {
    !text.is_empty() && text.len() <= limits::LINE
}

impl Written for Vec<(DocumentType, u32)> {
    type Wire = Vec<wire::HouseLast>;

    fn instead() -> Option<Self> {
        Some(Vec::new())
    }

    fn missing() -> Option<Self> {
        None
    }

    fn read(value: &Value) -> Option<Self> {
        let one = |kind: &str, number: &str| {
            Some((DocumentType::from_code(kind.trim())?, identifier::whole(number)?))
        };
        let all: Self = match value {
            Value::Named(all) => {
                all.iter().map(|(kind, number)| one(&composed(kind), &number.shown())).collect()
            }
            Value::Text(text) => {
                let read = |said: &String| said.split_once('=').and_then(|(kind, last)| one(kind, last));
                parts(text).iter().map(read).collect()
            }
            _ => None,
        }?;
        (all.len() <= limits::HOUSE_LIST).then_some(all)
    }

    fn write(&self) -> Option<Value> {
        let value =
            |(kind, last): &(DocumentType, u32)| (kind.code().to_owned(), Value::Bare(last.to_string()));
        Some(Value::Named(self.iter().map(value).collect()))
    }

    fn to_wire(&self) -> Self::Wire {
        let said =
            |(kind, last): &(DocumentType, u32)| wire::HouseLast { r#type: kind.code().into(), last: *last };
        self.iter().map(said).collect()
    }

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        let read = |said: &wire::HouseLast| {
            let fits = (1..=limits::FIGURE).contains(&said.last);
            DocumentType::from_code(&said.r#type).filter(|_| fits).map(|kind| (kind, said.last))
        };
        if wire.len() > limits::HOUSE_LIST { None } else { wire.iter().map(read).collect() }
    }
}
