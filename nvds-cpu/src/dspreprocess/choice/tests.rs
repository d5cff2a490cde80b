use super::*;
use crate::dspreprocess::config;

fn group(src_ids: &[i32], regions: &[(i32, &[Region])]) -> GroupConfig {
    config::group("group-0", src_ids, regions)
}

const A: Region = [0, 0, 10, 10];
const B: Region = [5, 5, 20, 20];

/// The regions of sources 0 to 3 in a group.
fn seen(groups: &Groups, place: usize) -> Vec<Option<Regions>> {
    (0..4)
        .map(|source| groups.regions(place, source).unwrap().cloned())
        .collect()
}

#[test]
fn sources_have_the_regions_of_their_group() {
    let configs = [group(&[0, 1], &[(0, &[A]), (1, &[A, B])]), group(&[2], &[])];
    let groups = Groups::new(&configs, true);
    let parts = |regions: &[Region]| Some(Regions::Parts(regions.to_vec()));
    assert_eq!(seen(&groups, 0), [parts(&[A]), parts(&[A, B]), None, None]);
    assert_eq!(seen(&groups, 1), [None, None, Some(Regions::Whole), None]);
}

#[test]
fn minus_one_gives_all_sources_the_first_regions() {
    let configs = [
        group(&[-1], &[(0, &[A]), (1, &[B])]),
        group(&[2], &[(2, &[B])]),
    ];
    let groups = Groups::new(&configs, true);
    let (a, b) = (Regions::Parts(vec![A]), Regions::Parts(vec![B]));
    assert_eq!(
        seen(&groups, 0),
        [Some(a.clone()), Some(a.clone()), None, Some(a)],
        "source 2 is another group's"
    );
    assert_eq!(seen(&groups, 1), [None, None, Some(b), None]);
    let whole = Groups::new(&[group(&[-1], &[])], true);
    assert_eq!(seen(&whole, 0), vec![Some(Regions::Whole); 4]);
}

#[test]
fn a_source_without_regions_has_those_of_source_0_or_none() {
    let groups = Groups::new(&[group(&[0, 1], &[(0, &[A])])], true);
    assert_eq!(groups.regions(0, 1), Ok(Some(&Regions::Parts(vec![A]))));
    let groups = Groups::new(&[group(&[1, 2], &[(2, &[A])])], true);
    let error = groups.regions(0, 1).unwrap_err();
    assert!(
        error.contains("add roi-params-src-1=left;top;width;height"),
        "{error}"
    );
}

#[test]
fn regions_change_for_known_sources() {
    let mut groups = Groups::new(&[group(&[0], &[(0, &[A])])], true);
    assert!(groups.update(0, vec![B, B]));
    assert_eq!(groups.regions(0, 0), Ok(Some(&Regions::Parts(vec![B, B]))));
    assert!(!groups.update(1, vec![A]));
}

#[test]
fn an_interval_leaves_buffers_out() {
    let mut config = group(&[0], &[]);
    config.interval = 2;
    let mut groups = Groups::new(&[config], true);
    let due: Vec<_> = (0..7).map(|_| groups.groups[0].is_due()).collect();
    assert_eq!(due, [true, false, false, true, false, false, true]);
}

#[test]
fn regions_are_cut_at_the_right_and_bottom() {
    let rect = |region| cut(&region, (100, 50)).map(|r| [r.left, r.top, r.width, r.height]);
    assert_eq!(rect([90, 40, 20, 20]), Ok([90.0, 40.0, 10.0, 10.0]));
    assert_eq!(rect([0, 0, 100, 50]), Ok([0.0, 0.0, 100.0, 50.0]));
    let error = rect([99, 0, 10, 10]).unwrap_err();
    assert!(
        error.contains("outside of the frame of 100x50 pixels"),
        "{error}"
    );
    assert!(rect([0, 200, 10, 10]).is_err());
}

#[test]
fn objects_are_chosen_by_class_size_and_overlap() {
    let mut config = group(&[0], &[]);
    config.class_ids = [1].into();
    (config.min, config.max) = ((10, 10), (20, 0));
    let groups = Groups::new(&[config], false);
    let rect = |width, height| Rect {
        left: 0.0,
        top: 0.0,
        width,
        height,
    };
    let passes = |class, width, height| groups.groups[0].passes(class, &rect(width, height));
    assert!(passes(1, 10.0, 10.0) && passes(1, 20.0, 500.0));
    assert!(!passes(0, 10.0, 10.0) && !passes(1, 9.9, 10.0) && !passes(1, 20.1, 10.0));
    let beside = Rect {
        left: 10.0,
        ..rect(5.0, 5.0)
    };
    assert!(
        !overlap(&rect(10.0, 10.0), &beside),
        "an edge in common is none"
    );
    assert!(overlap(&rect(10.1, 10.0), &beside));
}
