//! Defence in depth: on which layers a resource stands. A layer holds on it when a control of the layer passes and none fails; what could
//! not be evaluated neither holds nor is missing.

use super::{Judged, Subject, Sum, figure};
use evidenced_schemas::control::Layer;
use evidenced_schemas::figure::{Figure, Kind};
use evidenced_schemas::{Cloud, Control, Verdict};
use std::collections::{BTreeMap, BTreeSet};

const HOLDS: &str =
    "resources on which a control of the layer passes and none fails, of those that the layer applies to";
const SINGLE: &str = "resources that rest on exactly one layer, of those that two or more apply to; where a layer that could not be evaluated \
may be the second one, it is not said";

/// The figures of a cloud.
pub(super) fn figures(cloud: Cloud, judged: &[Judged<'_>], catalogue: &BTreeMap<&str, &Control>) -> Vec<Figure> {
    let mut standing: BTreeMap<Subject<'_>, BTreeMap<Layer, Sum<'_>>> = BTreeMap::new();
    let mut controls: BTreeMap<Layer, BTreeSet<&str>> = BTreeMap::new();
    for one in judged.iter().filter(|one| one.cloud == cloud && one.resource.is_some()) {
        let Some(control) = catalogue.get(one.control) else { continue };
        controls.entry(control.layer).or_default().insert(one.control);
        let layers = standing.entry((&one.stream, one.resource)).or_default();
        layers.entry(control.layer).or_default().add(one.control, one.verdict);
    }
    let mut all: BTreeMap<Layer, Figure> = BTreeMap::new();
    for layer in Layer::ALL {
        let own = controls.get(&layer).into_iter().flatten().map(|control| (*control).to_owned()).collect();
        let made = Figure { layer: Some(layer), controls: own, ..figure(Kind::LayerHolds, Some(cloud), HOLDS) };
        all.insert(layer, made);
    }
    let mut single = figure(Kind::SingleLayer, Some(cloud), SINGLE);
    for (subject, layers) in standing {
        let mut counts = (0_u64, 0_u64, 0_u64);
        let mut failing = Sum::default();
        for (layer, sum) in &layers {
            let Some(made) = all.get_mut(layer) else { continue };
            match sum.verdict() {
                Some(Verdict::Pass) => {
                    counts.0 += 1;
                    made.numerator += 1;
                    made.denominator += 1;
                }
                Some(Verdict::Fail) => {
                    counts.1 += 1;
                    made.denominator += 1;
                    failing.failing.extend(&sum.failing);
                    made.items.push(sum.item(subject));
                }
                Some(Verdict::NotEvaluated) => {
                    counts.2 += 1;
                    made.not_evaluated += 1;
                }
                Some(Verdict::NotApplicable) | None => {}
            }
        }
        match counts {
            (pass, fail, open) if pass + fail + open < 2 => {}
            (0 | 1, _, 1..) => single.not_evaluated += 1,
            (pass, ..) => {
                single.denominator += 1;
                if pass == 1 {
                    single.numerator += 1;
                    single.items.push(failing.item(subject));
                }
            }
        }
    }
    all.into_values().chain([single]).collect()
}
