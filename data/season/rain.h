#ifndef GONG_DATA_SEASON_RAIN_H
#define GONG_DATA_SEASON_RAIN_H

// Rain of a tropical cyclone by R-CLIPER: symmetric, from the greatest wind alone.
// Source: Tuleya, DeMaria and Kuligowski 2007, doi:10.1175/WAF972.1, equations 3-5 and table 2
// (NHC): linear from the centre to rm, exponential beyond.
struct rain_profile {
    double t0_mm_h, tm_mm_h; // at the centre, at rm
    double rm_km, re_km;     // radius of most rain, e-folding distance beyond it
};

// `wind_kt` is the greatest sustained wind, > 0.
struct rain_profile rain_profile_of(double wind_kt);

// Rate in mm/h at a distance >= 0 from the centre.
double rain_rate_mm_h(const struct rain_profile *profile, double distance_km);

#endif
