#ifndef GONG_DATA_SEASON_WIND_H
#define GONG_DATA_SEASON_WIND_H

// Wind of a tropical cyclone by the profile of Holland 1980, doi:10.1175/1520-0493(1980)108<1212:
// AAMOTW>2.0.CO;2, scaled to its greatest wind: v = vm sqrt((rm/r)^b exp(1 - (rm/r)^b)).
// `radius_km` is where the wind is greatest, `shape` is Holland's B (1 to 2.5). 0 at the centre.
double wind_holland_m_s(double wind_max_m_s, double radius_km, double shape, double distance_km);

// Gust of a sustained wind: 1.5 times it, a round figure chosen for the drill.
double wind_gust_m_s(double wind_m_s);

double wind_m_s_of_kt(double wind_kt);

#endif
